#include "cpp/ops/max_pool/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/max_pool_transpose/op.h"
#include "cpp/ops/pooling_window.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_max_pool(std::span<const TensorType> inputs,
                                       const Attributes& attributes) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  const int spatial_axes = expect_images(inputs[0]);
  if (!(inputs[0] == inputs[1])) {
    fail(Code::shape_mismatch, "images ", inputs[0], " and values ", inputs[1], " differ");
  }
  const Shape& shape = inputs[0].shape;
  const WindowAxes axes =
      window_axes(attributes, spatial_extents(shape), attributes.integers("kernel"));
  expect_windows_see_elements(axes);
  return {{inputs[0].dtype, windowed_shape(shape[0], axes, spatial_axes, shape.back())}};
}

std::vector<Value> differentiate_max_pool(const GradientRequest& r) {
  return {Value(), r.graph.apply(max_pool_transpose_operator(), {r.inputs[0], r.gradients[0]},
                                 r.attributes)[0]};
}

}  // namespace

const Operator& max_pool_operator() {
  static const Operator op{
      .name = "max_pool", .infer = infer_max_pool, .gradient = differentiate_max_pool};
  return op;
}

Value max_pool(Value images, const std::vector<int64_t>& kernel, const Window& window) {
  return pool_by_max(images, images, kernel, window);
}

Value pool_by_max(Value images, Value values, const std::vector<int64_t>& kernel,
                  const Window& window) {
  return images.graph().apply(max_pool_operator(), {images, values},
                              pooling_attributes(kernel, window, images.shape().rank() - 2))[0];
}

}  // namespace castalia
