#include "cpp/ops/triangular_solve/op.h"

#include "cpp/ops/infer.h"
#include "cpp/ops/matmul/op.h"
#include "cpp/ops/negate/op.h"
#include "cpp/ops/small_matrix.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_triangular_solve(std::span<const TensorType> inputs,
                                               const Attributes&) {
  expect_operands(inputs, 2);
  expect_right_sides(inputs[0], inputs[1]);
  return {inputs[1]};
}

std::vector<Value> differentiate_triangular_solve(const GradientRequest& r) {
  TriangularSolveOptions options{.lower = r.attributes.integer("lower") != 0,
                                 .transpose = r.attributes.integer("transpose") != 0,
                                 .unit_diagonal = r.attributes.integer("unit_diagonal") != 0};
  const bool transpose = options.transpose;
  options.transpose = !transpose;
  const Value x = r.outputs[0];
  const Value by_b = triangular_solve(r.inputs[0], r.gradients[0], options);
  const Value full = transpose ? matmul(x, by_b, false, true) : matmul(by_b, x, false, true);
  return {negate(triangle_of(full, options.lower, options.unit_diagonal ? 0.0 : 1.0)), by_b};
}

}  // namespace

const Operator& triangular_solve_operator() {
  static const Operator op{.name = "triangular_solve",
                           .infer = infer_triangular_solve,
                           .gradient = differentiate_triangular_solve};
  return op;
}

Value triangular_solve(Value a, Value b, const TriangularSolveOptions& options) {
  return a.graph().apply(triangular_solve_operator(), {a, b},
                         {{"lower", static_cast<int64_t>(options.lower)},
                          {"transpose", static_cast<int64_t>(options.transpose)},
                          {"unit_diagonal", static_cast<int64_t>(options.unit_diagonal)}})[0];
}

}  // namespace castalia
