#include "cpp/ops/clamp/op.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/maximum/op.h"
#include "cpp/ops/minimum/op.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_clamp(std::span<const TensorType> inputs,
                                    const Attributes& attributes) {
  const double low = attributes.real("low");
  const double high = attributes.real("high");
  if (!(low <= high)) fail(Code::out_of_range, "limits [", low, ", ", high, "]");
  return infer_unary(inputs, attributes);
}

std::vector<Value> define_clamp(Graph& graph, std::span<const Value> inputs,
                                const Attributes& attributes) {
  const Value x = inputs[0];
  const Value low = graph.scalar(attributes.real("low"), x.dtype());
  const Value high = graph.scalar(attributes.real("high"), x.dtype());
  return {minimum(maximum(x, low), high)};
}

}  // namespace

const Operator& clamp_operator() {
  static const Operator op{.name = "clamp", .infer = infer_clamp, .define = define_clamp};
  return op;
}

Value clamp(Value x, double low, double high) {
  return x.graph().apply(clamp_operator(), {x}, {{"low", low}, {"high", high}})[0];
}

}  // namespace castalia
