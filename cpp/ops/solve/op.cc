#include "cpp/ops/solve/op.h"

#include "cpp/ops/infer.h"
#include "cpp/ops/matmul/op.h"
#include "cpp/ops/negate/op.h"
#include "cpp/ops/small_matrix.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_solve(std::span<const TensorType> inputs, const Attributes&) {
  expect_operands(inputs, 2);
  expect_right_sides(inputs[0], inputs[1]);
  return {inputs[1]};
}

std::vector<Value> differentiate_solve(const GradientRequest& r) {
  const Value by_b = solve(transposed(r.inputs[0]), r.gradients[0]);
  return {negate(matmul(by_b, r.outputs[0], false, true)), by_b};
}

}  // namespace

const Operator& solve_operator() {
  static const Operator op{.name = "solve", .infer = infer_solve, .gradient = differentiate_solve};
  return op;
}

Value solve(Value a, Value b) { return a.graph().apply(solve_operator(), {a, b})[0]; }

}  // namespace castalia
