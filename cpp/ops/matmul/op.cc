#include "cpp/ops/matmul/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_matmul(std::span<const TensorType> inputs,
                                     const Attributes& attributes) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  if (inputs[0].shape.rank() != 2 || inputs[1].shape.rank() != 2) {
    fail(Code::shape_mismatch, "takes matrices, not ", inputs[0], " and ", inputs[1]);
  }
  const int transpose_a = attributes.integer("transpose_a") != 0;
  const int transpose_b = attributes.integer("transpose_b") != 0;
  if (inputs[0].shape[1 - transpose_a] != inputs[1].shape[transpose_b]) {
    fail(Code::shape_mismatch, "inner extents of ", inputs[0], transpose_a ? " transposed" : "",
         " and ", inputs[1], transpose_b ? " transposed" : "", " differ");
  }
  return {{inputs[0].dtype, {inputs[0].shape[transpose_a], inputs[1].shape[1 - transpose_b]}}};
}

std::vector<Value> differentiate_matmul(const GradientRequest& r) {
  const bool transpose_a = r.attributes.integer("transpose_a") != 0;
  const bool transpose_b = r.attributes.integer("transpose_b") != 0;
  const Value a = r.inputs[0];
  const Value b = r.inputs[1];
  const Value g = r.gradients[0];
  // With A and B as they enter the product: dA = g B^T, dB = A^T g; the transpose of either where
  // the operand itself came transposed.
  return {transpose_a ? matmul(b, g, transpose_b, true) : matmul(g, b, false, !transpose_b),
          transpose_b ? matmul(g, a, true, transpose_a) : matmul(a, g, !transpose_a, false)};
}

}  // namespace

const Operator& matmul_operator() {
  static const Operator op{
      .name = "matmul", .infer = infer_matmul, .gradient = differentiate_matmul};
  return op;
}

Value matmul(Value a, Value b, bool transpose_a, bool transpose_b) {
  return a.graph().apply(matmul_operator(), {a, b},
                         {{"transpose_a", static_cast<int64_t>(transpose_a)},
                          {"transpose_b", static_cast<int64_t>(transpose_b)}})[0];
}

}  // namespace castalia
