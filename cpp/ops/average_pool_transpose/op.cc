#include "cpp/ops/average_pool_transpose/op.h"

#include "cpp/ops/average_pool/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/pooling_window.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_average_pool_transpose(std::span<const TensorType> inputs,
                                                     const Attributes& attributes) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  expect_images(inputs[0]);
  const std::vector<int64_t>& extents = attributes.integers("extents");
  TensorType images{inputs[0].dtype, {inputs[0].shape[0]}};
  for (const int64_t extent : extents) images.shape.push_back(extent);
  images.shape.push_back(inputs[0].shape.back());
  images.shape.count();
  divisor_attribute(attributes);
  expect_pooled(inputs[0], images, window_axes(attributes, extents, attributes.integers("kernel")));
  return {images};
}

std::vector<Value> differentiate_average_pool_transpose(const GradientRequest& r) {
  Attributes attributes;
  for (const auto& [name, value] : r.attributes.values()) {
    if (name != "extents") attributes.set(name, value);
  }
  return {r.graph.apply(average_pool_operator(), {r.gradients[0]}, attributes)[0]};
}

}  // namespace

const Operator& average_pool_transpose_operator() {
  static const Operator op{.name = "average_pool_transpose",
                           .infer = infer_average_pool_transpose,
                           .gradient = differentiate_average_pool_transpose};
  return op;
}

}  // namespace castalia
