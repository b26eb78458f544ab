#include "cpp/ops/inverse/op.h"

#include "cpp/ops/infer.h"
#include "cpp/ops/matmul/op.h"
#include "cpp/ops/negate/op.h"
#include "cpp/ops/small_matrix.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_inverse(std::span<const TensorType> inputs, const Attributes&) {
  expect_operands(inputs, 1);
  expect_square(inputs[0]);
  return {inputs[0]};
}

std::vector<Value> differentiate_inverse(const GradientRequest& r) {
  const Value y = r.outputs[0];
  const Value left = matmul(y, r.gradients[0], true, false);
  return {negate(matmul(left, y, false, true))};
}

}  // namespace

const Operator& inverse_operator() {
  static const Operator op{
      .name = "inverse", .infer = infer_inverse, .gradient = differentiate_inverse};
  return op;
}

Value inverse(Value a) { return a.graph().apply(inverse_operator(), {a})[0]; }

}  // namespace castalia
