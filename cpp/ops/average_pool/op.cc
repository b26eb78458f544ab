#include "cpp/ops/average_pool/op.h"

#include "cpp/ops/average_pool_transpose/op.h"
#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_average_pool(std::span<const TensorType> inputs,
                                           const Attributes& attributes) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  const int spatial_axes = expect_images(inputs[0]);
  const Shape& shape = inputs[0].shape;
  const WindowAxes axes =
      window_axes(attributes, spatial_extents(shape), attributes.integers("kernel"));
  divisor_attribute(attributes);
  return {{inputs[0].dtype, windowed_shape(shape[0], axes, spatial_axes, shape.back())}};
}

std::vector<Value> differentiate_average_pool(const GradientRequest& r) {
  Attributes attributes = r.attributes;
  attributes.set("extents", spatial_extents(r.inputs[0].shape()));
  return {r.graph.apply(average_pool_transpose_operator(), {r.gradients[0]}, attributes)[0]};
}

}  // namespace

const Operator& average_pool_operator() {
  static const Operator op{
      .name = "average_pool", .infer = infer_average_pool, .gradient = differentiate_average_pool};
  return op;
}

Value average_pool(Value images, const std::vector<int64_t>& kernel, const Window& window,
                   PoolDivisor divisor) {
  Attributes attributes = pooling_attributes(kernel, window, images.shape().rank() - 2);
  attributes.set("divisor", static_cast<int64_t>(divisor));
  return images.graph().apply(average_pool_operator(), {images}, attributes)[0];
}

}  // namespace castalia
