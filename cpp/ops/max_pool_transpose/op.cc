#include "cpp/ops/max_pool_transpose/op.h"

#include "cpp/ops/infer.h"
#include "cpp/ops/max_pool/op.h"
#include "cpp/ops/pooling_window.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_max_pool_transpose(std::span<const TensorType> inputs,
                                                 const Attributes& attributes) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  expect_images(inputs[0]);
  const Shape& shape = inputs[0].shape;
  const WindowAxes axes =
      window_axes(attributes, spatial_extents(shape), attributes.integers("kernel"));
  expect_windows_see_elements(axes);
  expect_pooled(inputs[1], inputs[0], axes);
  return {inputs[0]};
}

std::vector<Value> differentiate_max_pool_transpose(const GradientRequest& r) {
  return {Value(),
          r.graph.apply(max_pool_operator(), {r.inputs[0], r.gradients[0]}, r.attributes)[0]};
}

}  // namespace

const Operator& max_pool_transpose_operator() {
  static const Operator op{.name = "max_pool_transpose",
                           .infer = infer_max_pool_transpose,
                           .gradient = differentiate_max_pool_transpose};
  return op;
}

}  // namespace castalia
