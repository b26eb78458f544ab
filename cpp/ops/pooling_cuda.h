// What the operators of pooling share on a device.
#ifndef CASTALIA_CPP_OPS_POOLING_CUDA_H_
#define CASTALIA_CPP_OPS_POOLING_CUDA_H_

#include <cmath>
#include <cstdint>

#include "cpp/ops/pooling_window.h"
#include "cpp/ops/window_cuda.h"

namespace castalia {

struct PoolingOnDevice {
  WindowAxes axes;
  int64_t channels;

  CASTALIA_ANYWHERE int64_t in_image() const { return window_elements(axes) * channels; }
  CASTALIA_ANYWHERE int64_t out_image() const { return window_positions(axes) * channels; }
};

inline PoolingOnDevice pooling_on_device(const Attributes& attributes, const Shape& images) {
  return {window_axes(attributes, spatial_extents(images), attributes.integers("kernel")),
          images.back()};
}

// What the sum over the window at a position is multiplied with.
CASTALIA_ANYWHERE inline double pooling_scale_at(PoolDivisor divisor, const WindowAxes& axes,
                                                 int64_t position) {
  if (divisor == PoolDivisor::one) return 1;
  const int64_t count =
      divisor == PoolDivisor::taps ? window_taps(axes) : taps_inside_at(axes, position);
  return count == 0 ? 0 : 1 / static_cast<double>(count);
}

// The first of the largest elements that a window sees of one channel of an image; NaN counts as
// larger than numbers. `image` is where the channel begins.
template <typename T>
CASTALIA_ANYWHERE int64_t largest_at(const PoolingOnDevice& shape, const T* image,
                                     int64_t position) {
  int64_t best = -1;
  T largest = 0;
  for_each_tap_at(shape.axes, position, [&](int64_t element, int64_t) {
    const T here = image[element * shape.channels];
    if (best < 0 || here > largest || (std::isnan(here) && !std::isnan(largest))) {
      best = element;
      largest = here;
    }
  });
  return best;
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_POOLING_CUDA_H_
