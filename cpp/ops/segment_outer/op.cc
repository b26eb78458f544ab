#include "cpp/ops/segment_outer/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/indices.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/segment_matmul/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_segment_outer(std::span<const TensorType> inputs,
                                            const Attributes& attributes) {
  expect_operands(inputs, 3);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  expect_indices(inputs[2]);
  const Shape& a = inputs[0].shape;
  const Shape& b = inputs[1].shape;
  if (a.rank() != 2 || b.rank() != 2 || a[0] != b[0] || inputs[2].shape != Shape{a[0]}) {
    fail(Code::shape_mismatch, "takes as many rows in ", inputs[0], " and ", inputs[1],
         " as segment numbers in ", inputs[2]);
  }
  const int64_t segments = attributes.integer("segments");
  if (segments < 0) fail(Code::out_of_range, "segments is ", segments, "; allowed: 0 or more");
  const TensorType out{inputs[0].dtype, {segments, a[1], b[1]}};
  out.shape.count();  // an Error on overflow
  return {out};
}

std::vector<Value> differentiate_segment_outer(const GradientRequest& r) {
  const Value g = r.gradients[0];
  return {segment_matmul(r.inputs[1], g, r.inputs[2], true),
          segment_matmul(r.inputs[0], g, r.inputs[2]), Value()};
}

}  // namespace

const Operator& segment_outer_operator() {
  static const Operator op{.name = "segment_outer",
                           .infer = infer_segment_outer,
                           .gradient = differentiate_segment_outer};
  return op;
}

Value segment_outer(Value a, Value b, Value ids, int64_t segments) {
  return a.graph().apply(segment_outer_operator(), {a, b, ids}, {{"segments", segments}})[0];
}

}  // namespace castalia
