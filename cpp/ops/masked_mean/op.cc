#include "cpp/ops/masked_mean/op.h"

#include "cpp/ops/divide/op.h"
#include "cpp/ops/masked_sum/op.h"
#include "cpp/ops/maximum/op.h"
#include "cpp/ops/select/op.h"
#include "cpp/ops/sum/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_masked_mean(std::span<const TensorType> inputs,
                                          const Attributes& attributes) {
  return masked_sum_operator().infer(inputs, attributes);
}

std::vector<Value> define_masked_mean(Graph& graph, std::span<const Value> inputs,
                                      const Attributes&) {
  const Value one = graph.scalar(1.0, inputs[0].dtype());
  const Value real = select(inputs[1], one, graph.scalar(0.0, inputs[0].dtype()));
  return {masked_sum(inputs[0], inputs[1]) / maximum(sum(real, {-1}), one)};
}

}  // namespace

const Operator& masked_mean_operator() {
  static const Operator op{
      .name = "masked_mean", .infer = infer_masked_mean, .define = define_masked_mean};
  return op;
}

Value masked_mean(Value x, Value mask) {
  return x.graph().apply(masked_mean_operator(), {x, mask})[0];
}

}  // namespace castalia
