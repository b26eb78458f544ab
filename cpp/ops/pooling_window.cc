#include "cpp/ops/pooling_window.h"

#include <utility>

#include "cpp/base/status.h"

namespace castalia {

Attributes pooling_attributes(const std::vector<int64_t>& kernel, Window window, int spatial_axes) {
  std::vector<int64_t> extents = kernel;
  if (extents.size() == 1 && spatial_axes > 1) {
    extents.assign(static_cast<size_t>(spatial_axes), kernel[0]);
  }
  if (window.stride.empty()) window.stride = extents;
  Attributes attributes = window_attributes(window, spatial_axes);
  attributes.set("kernel", extents);
  return attributes;
}

void expect_windows_see_elements(const WindowAxes& axes) {
  for (const WindowAxis& axis : axes) {
    for (int64_t o = 0; o < axis.out; ++o) {
      int64_t t = 0;
      while (t < axis.kernel && axis.element(o, t) < 0) ++t;
      if (t == axis.kernel) {
        fail(Code::shape_mismatch, "the window at position ", o, " of an axis of ", axis.in,
             " elements sees nothing but padding");
      }
    }
  }
}

void expect_pooled(const TensorType& pooled, const TensorType& images, const WindowAxes& axes) {
  const Shape expected =
      windowed_shape(images.shape[0], axes, images.shape.rank() - 2, images.shape.back());
  if (!(pooled.shape == expected)) {
    fail(Code::shape_mismatch, "pooling ", images, " gives ", expected, ", not ", pooled);
  }
}

PoolDivisor divisor_attribute(const Attributes& attributes) {
  const int64_t number = attributes.integer("divisor");
  check(number >= 0 && number <= 2, "attribute 'divisor' is ", number);
  return static_cast<PoolDivisor>(number);
}

double pooling_scale(PoolDivisor divisor, const WindowAxes& axes, int64_t seen) {
  if (divisor == PoolDivisor::one) return 1;
  const int64_t count = divisor == PoolDivisor::taps ? window_taps(axes) : seen;
  return count == 0 ? 0 : 1.0 / static_cast<double>(count);
}

std::vector<int64_t> taps_inside(const WindowAxes& axes) {
  std::vector<int64_t> counts(static_cast<size_t>(window_positions(axes)));
  for_each_tap(
      axes, [&](int64_t position, int64_t, int64_t) { ++counts[static_cast<size_t>(position)]; });
  return counts;
}

}  // namespace castalia
