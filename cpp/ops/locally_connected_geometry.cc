#include "cpp/ops/locally_connected_geometry.h"

#include "cpp/base/status.h"

namespace castalia {

ConvolutionGeometry locally_connected_geometry(const Attributes& attributes, const Shape& in,
                                               int64_t channels_out) {
  ConvolutionGeometry geometry;
  geometry.axes = window_axes(attributes, spatial_extents(in), attributes.integers("kernel"));
  geometry.batch = in[0];
  geometry.channels_in = in.back();
  geometry.channels_out = channels_out;
  return geometry;
}

Shape locally_connected_weights(const ConvolutionGeometry& geometry) {
  const auto& [z, y, x] = geometry.axes;
  const Shape positions{z.out, y.out, x.out};
  const Shape seen{z.kernel, y.kernel, x.kernel, geometry.channels_in};
  return {positions.count(), seen.count(), geometry.channels_out};
}

void expect_local_weights(const TensorType& weights, const TensorType& images,
                          const ConvolutionGeometry& geometry) {
  const Shape expected = locally_connected_weights(geometry);
  if (!(weights.shape == expected)) {
    fail(Code::shape_mismatch, "images ", images, " and this window take weights ", expected,
         ", not ", weights);
  }
}

Shape transposed_images(const Attributes& attributes, int64_t batch, int64_t seen) {
  Shape shape{batch};
  for (const int64_t extent : attributes.integers("extents")) shape.push_back(extent);
  int64_t taps = 1;
  for (const int64_t extent : attributes.integers("kernel")) {
    if (extent < 1 || __builtin_mul_overflow(taps, extent, &taps)) {
      fail(Code::out_of_range, "a kernel of ", extent);
    }
  }
  shape.push_back(seen / taps);
  shape.count();
  return shape;
}

}  // namespace castalia
