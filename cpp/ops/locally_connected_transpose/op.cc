#include "cpp/ops/locally_connected_transpose/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/locally_connected/op.h"
#include "cpp/ops/locally_connected_geometry.h"
#include "cpp/ops/locally_connected_weight_gradient/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_locally_connected_transpose(std::span<const TensorType> inputs,
                                                          const Attributes& attributes) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  expect_images(inputs[0]);
  if (inputs[1].shape.rank() != 3) {
    fail(Code::shape_mismatch, "takes weights (positions, taps and channels, channels), not ",
         inputs[1]);
  }
  const TensorType images{inputs[0].dtype,
                          transposed_images(attributes, inputs[0].shape[0], inputs[1].shape[1])};
  const ConvolutionGeometry geometry =
      locally_connected_geometry(attributes, images.shape, inputs[0].shape.back());
  expect_local_weights(inputs[1], images, geometry);
  expect_positions(inputs[0], geometry.axes, "images");
  return {images};
}

std::vector<Value> differentiate_locally_connected_transpose(const GradientRequest& r) {
  Attributes attributes;
  for (const auto& [name, value] : r.attributes.values()) {
    if (name != "extents") attributes.set(name, value);
  }
  const Value g = r.gradients[0];
  return {
      r.graph.apply(locally_connected_operator(), {g, r.inputs[1]}, attributes)[0],
      r.graph.apply(locally_connected_weight_gradient_operator(), {g, r.inputs[0]}, attributes)[0]};
}

}  // namespace

const Operator& locally_connected_transpose_operator() {
  static const Operator op{.name = "locally_connected_transpose",
                           .infer = infer_locally_connected_transpose,
                           .gradient = differentiate_locally_connected_transpose};
  return op;
}

}  // namespace castalia
