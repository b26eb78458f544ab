#include "cpp/ops/power_iteration/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/matmul/op.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/reshape/op.h"
#include "cpp/ops/sum/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_power_iteration(std::span<const TensorType> inputs,
                                              const Attributes& attributes) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  const Shape& w = inputs[0].shape;
  if (w.rank() != 2 || !(inputs[1].shape == Shape{w[0]})) {
    fail(Code::shape_mismatch, "takes a matrix (n, m) and a vector (n), not ", inputs[0], " and ",
         inputs[1]);
  }
  const int64_t iterations = attributes.integer("iterations");
  if (iterations < 1)
    fail(Code::out_of_range, "iterations is ", iterations, "; allowed: 1 or more");
  return {inputs[1], {inputs[0].dtype, {w[1]}}};
}

}  // namespace

const Operator& power_iteration_operator() {
  static const Operator op{.name = "power_iteration",
                           .infer = infer_power_iteration,
                           .no_gradient = "spectral normalisation takes its results as constants"};
  return op;
}

SingularVectors power_iteration(Value w, Value u, int64_t iterations) {
  const std::vector<Value> out =
      w.graph().apply(power_iteration_operator(), {w, u}, {{"iterations", iterations}});
  return {out[0], out[1]};
}

SpectralNorm spectral_norm(Value w, Value u, int64_t iterations) {
  const auto [left, right] = power_iteration(w, u, iterations);
  const Value column = matmul(w, reshape(right, Shape{w.columns(), 1}));
  return {sum(left * reshape(column, left.shape())), left};
}

}  // namespace castalia
