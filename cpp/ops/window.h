// Windows that slide over the spatial axes of images (batch, spatial..., channels): convolutions,
// locally connected layers and pooling.
#ifndef CASTALIA_CPP_OPS_WINDOW_H_
#define CASTALIA_CPP_OPS_WINDOW_H_

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/graph/attributes.h"
#include "cpp/graph/tensor_type.h"

namespace castalia {

// How a window slides. Each list has a number for every spatial axis, or one for all of them, or is
// empty: stride 1, dilation 1, no padding. Padding is what the window may stick out before the
// first and behind the last element, where it sees nothing.
struct Window {
  std::vector<int64_t> stride = {};
  std::vector<int64_t> dilation = {};
  std::vector<int64_t> padding_before = {};
  std::vector<int64_t> padding_after = {};

  // The same padding before and after.
  static Window padded(const std::vector<int64_t>& padding, std::vector<int64_t> stride = {},
                       std::vector<int64_t> dilation = {}) {
    return {std::move(stride), std::move(dilation), padding, padding};
  }
};

// One spatial axis: the window at position o < out covers elements o * stride + t * dilation -
// before, t < kernel, of `in`.
struct WindowAxis {
  int64_t in = 1;
  int64_t out = 1;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t before = 0;

  // The element that tap t of the window at o covers, or -1 where it sticks out.
  constexpr int64_t element(int64_t o, int64_t t) const {
    const int64_t i = o * stride + t * dilation - before;
    return i < in ? i : -1;
  }
};

// Three spatial axes, the fastest last; those that are not there have one element.
using WindowAxes = std::array<WindowAxis, 3>;

// "stride", "dilation", "before" and "after", a number for every axis. An Error (shape_mismatch)
// when a list has another length.
Attributes window_attributes(const Window& window, int spatial_axes);

// The extents of the spatial axes of (batch, spatial..., channels).
std::vector<int64_t> spatial_extents(const Shape& images);
// The spatial axes of images: from one to three, or an Error (shape_mismatch).
int expect_images(const TensorType& images);

// The window over `in` elements of each axis. An Error (out_of_range) for numbers that make no
// sense, (shape_mismatch) when the kernel does not fit.
WindowAxes window_axes(const Attributes& attributes, std::span<const int64_t> in,
                       std::span<const int64_t> kernel);
// The extents of the result: (batch, out..., channels).
Shape windowed_shape(int64_t batch, const WindowAxes& axes, int spatial_axes, int64_t channels);
// An Error (shape_mismatch) unless `images` has the extents of the windows' positions.
void expect_positions(const TensorType& images, const WindowAxes& axes, const char* what);

// Calls visit(position, element, tap) for every position of the window on an image and every tap
// that falls inside it; positions, elements and taps are counted row-major, channels left out.
template <typename Visit>
void for_each_tap(const WindowAxes& axes, Visit visit) {
  const auto& [z, y, x] = axes;
  int64_t position = 0;
  for (int64_t oz = 0; oz < z.out; ++oz) {
    for (int64_t oy = 0; oy < y.out; ++oy) {
      for (int64_t ox = 0; ox < x.out; ++ox, ++position) {
        int64_t tap = 0;
        for (int64_t tz = 0; tz < z.kernel; ++tz) {
          for (int64_t ty = 0; ty < y.kernel; ++ty) {
            for (int64_t tx = 0; tx < x.kernel; ++tx, ++tap) {
              const int64_t iz = z.element(oz, tz);
              const int64_t iy = y.element(oy, ty);
              const int64_t ix = x.element(ox, tx);
              if (iz >= 0 && iy >= 0 && ix >= 0) visit(position, (iz * y.in + iy) * x.in + ix, tap);
            }
          }
        }
      }
    }
  }
}

// The number of positions of a window, of elements of an image, and of taps.
constexpr int64_t window_positions(const WindowAxes& axes) {
  return axes[0].out * axes[1].out * axes[2].out;
}
constexpr int64_t window_elements(const WindowAxes& axes) {
  return axes[0].in * axes[1].in * axes[2].in;
}
constexpr int64_t window_taps(const WindowAxes& axes) {
  return axes[0].kernel * axes[1].kernel * axes[2].kernel;
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_WINDOW_H_
