#include "cpp/ops/additive_map_inverse/op.h"

#include "cpp/ops/monotone_parts.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

std::vector<Value> define_additive_map_inverse(Graph& graph, std::span<const Value> inputs,
                                               const Attributes&) {
  const Value y = limited(inputs[0], kLargestArgument);
  const Value shift = limited(inputs[1], kLargestArgument);
  return {y - shift, y * graph.scalar(0.0, y.dtype())};
}

}  // namespace

const Operator& additive_map_inverse_operator() {
  static const Operator op{.name = "additive_map_inverse",
                           .infer = additive_map_operator().infer,
                           .define = define_additive_map_inverse};
  return op;
}

}  // namespace castalia
