#include "cpp/ops/locally_connected/op.h"

#include "cpp/ops/infer.h"
#include "cpp/ops/locally_connected_geometry.h"
#include "cpp/ops/locally_connected_transpose/op.h"
#include "cpp/ops/locally_connected_weight_gradient/op.h"

namespace castalia {
namespace {

Attributes locally_connected_attributes(const std::vector<int64_t>& kernel, const Window& window,
                                        int spatial_axes) {
  Attributes attributes = window_attributes(window, spatial_axes);
  std::vector<int64_t> extents = kernel;
  if (extents.size() == 1 && spatial_axes > 1) {
    extents.assign(static_cast<size_t>(spatial_axes), kernel[0]);
  }
  attributes.set("kernel", extents);
  return attributes;
}

std::vector<TensorType> infer_locally_connected(std::span<const TensorType> inputs,
                                                const Attributes& attributes) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  const int spatial_axes = expect_images(inputs[0]);
  expect_rank_at_least(inputs[1], 1);
  const ConvolutionGeometry geometry =
      locally_connected_geometry(attributes, inputs[0].shape, inputs[1].shape.back());
  expect_local_weights(inputs[1], inputs[0], geometry);
  return {{inputs[0].dtype,
           windowed_shape(geometry.batch, geometry.axes, spatial_axes, geometry.channels_out)}};
}

std::vector<Value> differentiate_locally_connected(const GradientRequest& r) {
  Attributes transposed = r.attributes;
  transposed.set("extents", spatial_extents(r.inputs[0].shape()));
  const Value g = r.gradients[0];
  return {r.graph.apply(locally_connected_transpose_operator(), {g, r.inputs[1]}, transposed)[0],
          r.graph.apply(locally_connected_weight_gradient_operator(), {r.inputs[0], g},
                        r.attributes)[0]};
}

}  // namespace

const Operator& locally_connected_operator() {
  static const Operator op{.name = "locally_connected",
                           .infer = infer_locally_connected,
                           .gradient = differentiate_locally_connected};
  return op;
}

Value locally_connected(Value images, Value weights, const std::vector<int64_t>& kernel,
                        const Window& window) {
  return images.graph().apply(
      locally_connected_operator(), {images, weights},
      locally_connected_attributes(kernel, window, images.shape().rank() - 2))[0];
}

Shape locally_connected_weights(const Shape& images, const std::vector<int64_t>& kernel,
                                int64_t channels_out, const Window& window) {
  const int spatial_axes = expect_images({DType::float32, images});
  return locally_connected_weights(locally_connected_geometry(
      locally_connected_attributes(kernel, window, spatial_axes), images, channels_out));
}

}  // namespace castalia
