#include "cpp/ops/gather/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/indices.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/scatter/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_gather(std::span<const TensorType> inputs,
                                     const Attributes& attributes) {
  expect_operands(inputs, 2);
  const TensorType& x = inputs[0];
  const TensorType& indices = inputs[1];
  expect_floating(x);
  expect_indices(indices);
  const int axis = resolve_axis(attributes.integer("axis"), x.shape.rank());
  Shape expected = x.shape;
  if (indices.shape.rank() == expected.rank()) expected[axis] = indices.shape[axis];
  if (!(indices.shape == expected)) {
    fail(Code::shape_mismatch, "indices ", indices, " do not fit ", x, " along axis ", axis);
  }
  return {{x.dtype, indices.shape}};
}

std::vector<Value> differentiate_gather(const GradientRequest& r) {
  const int64_t axis = r.attributes.integer("axis");
  const int64_t extent = r.inputs[0].shape()[static_cast<int>(axis)];
  return {scatter(r.gradients[0], r.inputs[1], extent, axis), Value()};
}

}  // namespace

const Operator& gather_operator() {
  static const Operator op{
      .name = "gather", .infer = infer_gather, .gradient = differentiate_gather};
  return op;
}

Value gather(Value x, Value indices, int64_t axis) {
  const int64_t resolved = resolve_axis(axis, x.shape().rank());
  return x.graph().apply(gather_operator(), {x, indices}, {{"axis", resolved}})[0];
}

}  // namespace castalia
