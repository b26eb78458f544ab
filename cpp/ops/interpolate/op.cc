#include "cpp/ops/interpolate/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/interpolate_transpose/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_interpolate(std::span<const TensorType> inputs,
                                          const Attributes& attributes) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  TensorType out = inputs[0];
  const int axis = resolve_axis(attributes.integer("axis"), out.shape.rank());
  const int64_t points = attributes.integer("points");
  if (points < 1 || out.shape[axis] < 1) {
    fail(Code::out_of_range, points, " points along axis ", axis, " of ", inputs[0]);
  }
  out.shape[axis] = points;
  out.shape.count();
  return {out};
}

std::vector<Value> differentiate_interpolate(const GradientRequest& r) {
  const int64_t axis = r.attributes.integer("axis");
  return {r.graph.apply(
      interpolate_transpose_operator(), {r.gradients[0]},
      {{"axis", axis}, {"elements", r.inputs[0].shape()[static_cast<int>(axis)]}})[0]};
}

}  // namespace

const Operator& interpolate_operator() {
  static const Operator op{
      .name = "interpolate", .infer = infer_interpolate, .gradient = differentiate_interpolate};
  return op;
}

Value interpolate(Value x, int64_t axis, int64_t points) {
  const int64_t resolved = resolve_axis(axis, x.shape().rank());
  return x.graph().apply(interpolate_operator(), {x}, {{"axis", resolved}, {"points", points}})[0];
}

}  // namespace castalia
