#include "cpp/ops/locally_connected_weight_gradient/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/locally_connected/op.h"
#include "cpp/ops/locally_connected_geometry.h"
#include "cpp/ops/locally_connected_transpose/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_locally_connected_weight_gradient(std::span<const TensorType> inputs,
                                                                const Attributes& attributes) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  expect_images(inputs[0]);
  expect_images(inputs[1]);
  if (inputs[0].shape.rank() != inputs[1].shape.rank() ||
      inputs[0].shape[0] != inputs[1].shape[0]) {
    fail(Code::shape_mismatch, "images ", inputs[0], " and gradients ", inputs[1],
         " do not belong together");
  }
  const ConvolutionGeometry geometry =
      locally_connected_geometry(attributes, inputs[0].shape, inputs[1].shape.back());
  expect_positions(inputs[1], geometry.axes, "gradients");
  const Shape weights = locally_connected_weights(geometry);
  weights.count();
  return {{inputs[0].dtype, weights}};
}

std::vector<Value> differentiate_locally_connected_weight_gradient(const GradientRequest& r) {
  Attributes transposed = r.attributes;
  transposed.set("extents", spatial_extents(r.inputs[0].shape()));
  const Value weights = r.gradients[0];
  return {
      r.graph.apply(locally_connected_transpose_operator(), {r.inputs[1], weights}, transposed)[0],
      r.graph.apply(locally_connected_operator(), {r.inputs[0], weights}, r.attributes)[0]};
}

}  // namespace

const Operator& locally_connected_weight_gradient_operator() {
  static const Operator op{.name = "locally_connected_weight_gradient",
                           .infer = infer_locally_connected_weight_gradient,
                           .gradient = differentiate_locally_connected_weight_gradient};
  return op;
}

}  // namespace castalia
