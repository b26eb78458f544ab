#include "cpp/ops/assignment/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_assignment(std::span<const TensorType> inputs, const Attributes&) {
  expect_operands(inputs, 1);
  expect_floating(inputs[0]);
  const Shape& shape = inputs[0].shape;
  if (shape.rank() != 3 || shape[1] != shape[2]) {
    fail(Code::shape_mismatch, "takes costs of shape (problems, n, n), not ", inputs[0]);
  }
  return {{DType::int64, {shape[0], shape[1]}}};
}

}  // namespace

const Operator& assignment_operator() {
  static const Operator op{
      .name = "assignment", .infer = infer_assignment, .no_gradient = "it is whole numbers"};
  return op;
}

Value assignment(Value cost) { return cost.graph().apply(assignment_operator(), {cost})[0]; }

}  // namespace castalia
