#include "cpp/ops/segment_max/op.h"

#include "cpp/ops/divide/op.h"
#include "cpp/ops/embedding/op.h"
#include "cpp/ops/equal/op.h"
#include "cpp/ops/maximum/op.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/segment_sum/op.h"
#include "cpp/ops/segments.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_segment_max(std::span<const TensorType> inputs,
                                          const Attributes& attributes) {
  return {infer_segments(inputs, attributes)};
}

std::vector<Value> differentiate_segment_max(const GradientRequest& r) {
  const Value ids = r.inputs[1];
  const Value largest = equal(r.inputs[0], embedding(r.outputs[0], ids));
  const Value one = r.graph.scalar(1.0, r.inputs[0].dtype());
  const Value equals = maximum(segment_sum(largest, ids, r.outputs[0].rows()), one);
  return {largest * embedding(r.gradients[0] / equals, ids), Value()};
}

}  // namespace

const Operator& segment_max_operator() {
  static const Operator op{
      .name = "segment_max", .infer = infer_segment_max, .gradient = differentiate_segment_max};
  return op;
}

Value segment_max(Value x, Value ids, int64_t segments) {
  return x.graph().apply(segment_max_operator(), {x, ids}, {{"segments", segments}})[0];
}

}  // namespace castalia
