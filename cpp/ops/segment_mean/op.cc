#include "cpp/ops/segment_mean/op.h"

#include "cpp/ops/broadcast_to/op.h"
#include "cpp/ops/divide/op.h"
#include "cpp/ops/maximum/op.h"
#include "cpp/ops/reshape/op.h"
#include "cpp/ops/segment_sum/op.h"
#include "cpp/ops/segments.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_segment_mean(std::span<const TensorType> inputs,
                                           const Attributes& attributes) {
  return {infer_segments(inputs, attributes)};
}

std::vector<Value> define_segment_mean(Graph& graph, std::span<const Value> inputs,
                                       const Attributes& attributes) {
  const int64_t segments = attributes.integer("segments");
  const Value one = graph.scalar(1.0, inputs[0].dtype());
  const Value ones = broadcast_to(one, inputs[1].shape());
  const Value counts = maximum(segment_sum(ones, inputs[1], segments), one);
  const Value sums = segment_sum(inputs[0], inputs[1], segments);
  Shape column = sums.shape();
  for (int axis = 1; axis < column.rank(); ++axis) column[axis] = 1;
  return {sums / reshape(counts, column)};
}

}  // namespace

const Operator& segment_mean_operator() {
  static const Operator op{
      .name = "segment_mean", .infer = infer_segment_mean, .define = define_segment_mean};
  return op;
}

Value segment_mean(Value x, Value ids, int64_t segments) {
  return x.graph().apply(segment_mean_operator(), {x, ids}, {{"segments", segments}})[0];
}

}  // namespace castalia
