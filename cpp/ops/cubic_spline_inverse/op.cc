#include "cpp/ops/cubic_spline_inverse/op.h"

#include "cpp/ops/cubic_knots.h"
#include "cpp/ops/ops.h"
#include "cpp/ops/spline_knots.h"

namespace castalia {
namespace {

std::vector<Value> define_cubic_spline_inverse(Graph&, std::span<const Value> inputs,
                                               const Attributes& attributes) {
  const SplineOptions options = spline_options(attributes);
  const Value y = clipped(inputs[0], options);
  const CubicBin bin = CubicKnots(inputs[1], y.columns(), options).bin(y, true);
  const Value share = clipped_to_unit((y - bin.bottom) / bin.height);
  const Value place = monotone_cubic_root(share, bin.start, bin.end);
  return with_tails(inputs[0], bin.left + bin.width * place, negate(bin.log_derivative(place)),
                    options);
}

}  // namespace

const Operator& cubic_spline_inverse_operator() {
  static const Operator op{.name = "cubic_spline_inverse",
                           .infer = cubic_spline_operator().infer,
                           .define = define_cubic_spline_inverse};
  return op;
}

Spline cubic_spline_inverse(Value y, Value params, const SplineOptions& options) {
  const std::vector<Value> out =
      y.graph().apply(cubic_spline_inverse_operator(), {y, params}, options.attributes());
  return {out[0], out[1]};
}

}  // namespace castalia
