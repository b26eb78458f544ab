#include "cpp/ops/max/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/broadcast_to/op.h"
#include "cpp/ops/divide/op.h"
#include "cpp/ops/equal/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/reshape/op.h"
#include "cpp/ops/sum/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_max(std::span<const TensorType> inputs,
                                  const Attributes& attributes) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  const Shape& shape = inputs[0].shape;
  const int axis = resolve_axis(attributes.integer("axis"), shape.rank());
  if (shape[axis] == 0) {
    fail(Code::shape_mismatch, "no elements along axis ", axis, " of ", inputs[0]);
  }
  const int64_t reduced = axis;
  return {{inputs[0].dtype, reduced_shape(shape, {&reduced, 1}, attributes.integer("keep") != 0)}};
}

std::vector<Value> differentiate_max(const GradientRequest& r) {
  const int64_t axis = r.attributes.integer("axis");
  const Shape kept = reduced_shape(r.inputs[0].shape(), {&axis, 1}, true);
  const Value largest = equal(r.inputs[0], reshape(r.outputs[0], kept));
  return {largest * (reshape(r.gradients[0], kept) / sum(largest, {axis}))};
}

}  // namespace

const Operator& max_operator() {
  static const Operator op{.name = "max", .infer = infer_max, .gradient = differentiate_max};
  return op;
}

Value max(Value x, int64_t axis, bool keep) {
  return x.graph().apply(max_operator(), {x},
                         {{"axis", static_cast<int64_t>(resolve_axis(axis, x.shape().rank()))},
                          {"keep", static_cast<int64_t>(keep)}})[0];
}

}  // namespace castalia
