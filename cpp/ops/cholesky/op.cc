#include "cpp/ops/cholesky/op.h"

#include "cpp/ops/add/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/matmul/op.h"
#include "cpp/ops/small_matrix.h"
#include "cpp/ops/triangular_solve/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_cholesky(std::span<const TensorType> inputs, const Attributes&) {
  expect_operands(inputs, 1);
  expect_square(inputs[0]);
  return {inputs[0]};
}

// Equation 10 of arXiv:1602.07527: S = L^-T P L^-1, where P is the lower triangle of L^T g with
// half its diagonal. An element below the diagonal of a stands for two of A.
std::vector<Value> differentiate_cholesky(const GradientRequest& r) {
  const Value l = r.outputs[0];
  const Value g = triangle_of(r.gradients[0], true, 1.0);
  const Value p = triangle_of(matmul(l, g, true, false), true, 0.5);
  const TriangularSolveOptions transpose{.lower = true, .transpose = true};
  const Value half = triangular_solve(l, p, transpose);
  const Value s = triangular_solve(l, transposed(half), transpose);
  return {triangle_of(s + transposed(s), true, 0.5)};
}

}  // namespace

const Operator& cholesky_operator() {
  static const Operator op{
      .name = "cholesky", .infer = infer_cholesky, .gradient = differentiate_cholesky};
  return op;
}

Value cholesky(Value a) { return a.graph().apply(cholesky_operator(), {a})[0]; }

}  // namespace castalia
