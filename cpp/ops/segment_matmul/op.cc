#include "cpp/ops/segment_matmul/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/indices.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/segment_outer/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_segment_matmul(std::span<const TensorType> inputs,
                                             const Attributes& attributes) {
  expect_operands(inputs, 3);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  expect_indices(inputs[2]);
  const Shape& x = inputs[0].shape;
  const Shape& matrices = inputs[1].shape;
  const int transpose = attributes.integer("transpose") != 0;
  if (x.rank() != 2 || matrices.rank() != 3 || x[1] != matrices[1 + transpose]) {
    fail(Code::shape_mismatch, "takes rows (rows, inputs) and matrices (segments, inputs, outputs)",
         transpose ? ", transposed" : "", ", not ", inputs[0], " and ", inputs[1]);
  }
  if (inputs[2].shape != Shape{x[0]}) {
    fail(Code::shape_mismatch, "takes a segment number for each row of ", inputs[0], ", not ",
         inputs[2]);
  }
  return {{inputs[0].dtype, {x[0], matrices[2 - transpose]}}};
}

std::vector<Value> differentiate_segment_matmul(const GradientRequest& r) {
  const bool transpose = r.attributes.integer("transpose") != 0;
  const Value x = r.inputs[0];
  const Value matrices = r.inputs[1];
  const Value ids = r.inputs[2];
  const Value g = r.gradients[0];
  const int64_t segments = matrices.shape()[0];
  return {segment_matmul(g, matrices, ids, !transpose),
          transpose ? segment_outer(g, x, ids, segments) : segment_outer(x, g, ids, segments),
          Value()};
}

}  // namespace

const Operator& segment_matmul_operator() {
  static const Operator op{.name = "segment_matmul",
                           .infer = infer_segment_matmul,
                           .gradient = differentiate_segment_matmul};
  return op;
}

Value segment_matmul(Value x, Value matrices, Value ids, bool transpose) {
  return x.graph().apply(segment_matmul_operator(), {x, matrices, ids},
                         {{"transpose", static_cast<int64_t>(transpose)}})[0];
}

}  // namespace castalia
