#include "cpp/ops/window.h"

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/ops/infer.h"

namespace castalia {
namespace {

// Numbers of a window beyond this could overflow when they are multiplied.
constexpr int64_t kLargest = int64_t{1} << 30;

std::vector<int64_t> for_every_axis(const std::vector<int64_t>& given, int spatial_axes,
                                    int64_t otherwise, const char* what) {
  const size_t count = static_cast<size_t>(spatial_axes);
  if (given.empty()) return std::vector<int64_t>(count, otherwise);
  if (given.size() == 1) return std::vector<int64_t>(count, given[0]);
  if (given.size() != count) {
    fail(Code::shape_mismatch, what, " for ", given.size(), " axes, where the images have ",
         spatial_axes);
  }
  return given;
}

int64_t expect_between(int64_t x, int64_t low, const char* what) {
  if (x < low || x > kLargest) fail(Code::out_of_range, what, " of ", x);
  return x;
}

}  // namespace

Attributes window_attributes(const Window& window, int spatial_axes) {
  if (spatial_axes < 1 || spatial_axes > 3) {
    fail(Code::shape_mismatch, "a window slides over one to three spatial axes, not ",
         spatial_axes);
  }
  return {{"stride", for_every_axis(window.stride, spatial_axes, 1, "strides")},
          {"dilation", for_every_axis(window.dilation, spatial_axes, 1, "dilations")},
          {"before", for_every_axis(window.padding_before, spatial_axes, 0, "padding before")},
          {"after", for_every_axis(window.padding_after, spatial_axes, 0, "padding after")}};
}

std::vector<int64_t> spatial_extents(const Shape& images) {
  return {images.begin() + 1, images.end() - 1};
}

int expect_images(const TensorType& images) {
  const int spatial_axes = images.shape.rank() - 2;
  if (spatial_axes < 1 || spatial_axes > 3) {
    fail(Code::shape_mismatch, "takes images (batch, one to three spatial axes, channels), not ",
         images);
  }
  return spatial_axes;
}

WindowAxes window_axes(const Attributes& attributes, std::span<const int64_t> in,
                       std::span<const int64_t> kernel) {
  WindowAxes axes;
  const size_t count = in.size();
  check(count >= 1 && count <= 3, "a window over ", count, " axes");
  const auto numbers = [&](const char* name) -> const std::vector<int64_t>& {
    const std::vector<int64_t>& all = attributes.integers(name);
    check(all.size() == count, "attribute '", name, "' has ", all.size(), " numbers for ", count,
          " axes");
    return all;
  };
  if (kernel.size() != count) {
    fail(Code::shape_mismatch, "a kernel with ", kernel.size(), " spatial axes for images with ",
         count);
  }
  Shape(kernel).count();  // an Error when it overflows
  for (size_t i = 0; i < count; ++i) {
    WindowAxis& axis = axes[3 - count + i];
    axis.in = expect_between(in[i], 0, "an extent");
    axis.kernel = expect_between(kernel[i], 1, "a kernel");
    axis.stride = expect_between(numbers("stride")[i], 1, "a stride");
    axis.dilation = expect_between(numbers("dilation")[i], 1, "a dilation");
    axis.before = expect_between(numbers("before")[i], 0, "a padding");
    const int64_t after = expect_between(numbers("after")[i], 0, "a padding");
    const int64_t room = axis.in + axis.before + after - axis.dilation * (axis.kernel - 1) - 1;
    if (room < 0) {
      fail(Code::shape_mismatch, "a kernel of ", axis.kernel, " with dilation ", axis.dilation,
           " does not fit into ", axis.in, " elements padded by ", axis.before, " and ", after,
           " along spatial axis ", i);
    }
    axis.out = room / axis.stride + 1;
  }
  return axes;
}

Shape windowed_shape(int64_t batch, const WindowAxes& axes, int spatial_axes, int64_t channels) {
  Shape shape{batch};
  for (int i = 3 - spatial_axes; i < 3; ++i) shape.push_back(axes[static_cast<size_t>(i)].out);
  shape.push_back(channels);
  shape.count();  // an Error when it overflows
  return shape;
}

void expect_positions(const TensorType& images, const WindowAxes& axes, const char* what) {
  const int spatial_axes = expect_images(images);
  const Shape expected = windowed_shape(images.shape[0], axes, spatial_axes, images.shape.back());
  if (!(images.shape == expected)) {
    fail(Code::shape_mismatch, what, " of ", images, " where the windows give ", expected);
  }
}

}  // namespace castalia
