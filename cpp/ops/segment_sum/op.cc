#include "cpp/ops/segment_sum/op.h"

#include "cpp/ops/embedding/op.h"
#include "cpp/ops/segments.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_segment_sum(std::span<const TensorType> inputs,
                                          const Attributes& attributes) {
  return {infer_segments(inputs, attributes)};
}

std::vector<Value> differentiate_segment_sum(const GradientRequest& r) {
  return {embedding(r.gradients[0], r.inputs[1]), Value()};
}

}  // namespace

const Operator& segment_sum_operator() {
  static const Operator op{
      .name = "segment_sum", .infer = infer_segment_sum, .gradient = differentiate_segment_sum};
  return op;
}

Value segment_sum(Value x, Value ids, int64_t segments) {
  return x.graph().apply(segment_sum_operator(), {x, ids}, {{"segments", segments}})[0];
}

}  // namespace castalia
