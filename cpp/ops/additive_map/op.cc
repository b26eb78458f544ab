#include "cpp/ops/additive_map/op.h"

#include "cpp/ops/monotone_parts.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

std::vector<Value> define_additive_map(Graph& graph, std::span<const Value> inputs,
                                       const Attributes&) {
  const Value x = limited(inputs[0], kLargestArgument);
  const Value shift = limited(inputs[1], kLargestArgument);
  // NaN of the argument is that of both results.
  return {x + shift, x * graph.scalar(0.0, x.dtype())};
}

}  // namespace

const Operator& additive_map_operator() {
  static const Operator op{.name = "additive_map",
                           .infer = [](std::span<const TensorType> inputs,
                                       const Attributes&) { return infer_monotone(inputs, 1); },
                           .define = define_additive_map};
  return op;
}

}  // namespace castalia
