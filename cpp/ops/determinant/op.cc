#include "cpp/ops/determinant/op.h"

#include "cpp/ops/infer.h"
#include "cpp/ops/inverse/op.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/reshape/op.h"
#include "cpp/ops/small_matrix.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_determinant(std::span<const TensorType> inputs, const Attributes&) {
  expect_operands(inputs, 1);
  expect_square(inputs[0]);
  Shape shape = inputs[0].shape;
  shape.erase(shape.rank() - 1);
  shape.erase(shape.rank() - 1);
  return {{inputs[0].dtype, shape}};
}

// Jacobi's formula.
std::vector<Value> differentiate_determinant(const GradientRequest& r) {
  Shape one = r.outputs[0].shape();
  one.push_back(1);
  one.push_back(1);
  const Value factor = reshape(r.gradients[0] * r.outputs[0], one);
  return {transposed(inverse(r.inputs[0])) * factor};
}

}  // namespace

const Operator& determinant_operator() {
  static const Operator op{
      .name = "determinant", .infer = infer_determinant, .gradient = differentiate_determinant};
  return op;
}

Value determinant(Value a) { return a.graph().apply(determinant_operator(), {a})[0]; }

}  // namespace castalia
