#include "cpp/ops/affine_map_inverse/op.h"

#include "cpp/ops/affine_scale.h"
#include "cpp/ops/monotone_parts.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

std::vector<Value> define_affine_map_inverse(Graph&, std::span<const Value> inputs,
                                             const Attributes& attributes) {
  const Value y = limited(inputs[0], kLargestArgument);
  const RawParameters raw(inputs[1], y.columns());
  const Value shift = limited(raw.one(0), kLargestArgument);
  const Value log_scale = log_of_affine_scale(raw.one(1), affine_map_options(attributes));
  return {(y - shift) * exp(negate(log_scale)), negate(log_scale)};
}

}  // namespace

const Operator& affine_map_inverse_operator() {
  static const Operator op{.name = "affine_map_inverse",
                           .infer = affine_map_operator().infer,
                           .define = define_affine_map_inverse};
  return op;
}

}  // namespace castalia
