#include "cpp/ops/squared_map/op.h"

#include "cpp/ops/monotone_parts.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

std::vector<Value> define_squared_map(Graph&, std::span<const Value> inputs, const Attributes&) {
  const Value x = limited(inputs[0], kLargestArgument);
  const RawParameters raw(inputs[1], x.columns());
  const Value shift = limited(raw.one(0), kLargestArgument);
  const Value log_outer = log_scale_of_raw(raw.one(1));
  const Value inner = exp(log_scale_of_raw(raw.one(2)));
  const Value bend = (kBendScale * kLargestBend) * tanh(limited(raw.one(3), kLargestRaw));
  const Value place = limited(raw.one(4), kLargestArgument);
  const Value outer = exp(log_outer);
  const Value z = limited(inner * x + place, kLargestBendPlace);
  const Value hill = 1.0 / (1.0 + square(z));
  return {shift + outer * (x + (bend / inner) * hill),
          log_outer + log1p(-2.0 * bend * z * square(hill))};
}

}  // namespace

const Operator& squared_map_operator() {
  static const Operator op{.name = "squared_map",
                           .infer = [](std::span<const TensorType> inputs,
                                       const Attributes&) { return infer_monotone(inputs, 5); },
                           .define = define_squared_map};
  return op;
}

}  // namespace castalia
