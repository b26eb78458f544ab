#include "cpp/ops/cubic_spline/op.h"

#include "cpp/ops/cubic_knots.h"
#include "cpp/ops/ops.h"
#include "cpp/ops/spline_knots.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_cubic_spline(std::span<const TensorType> inputs,
                                           const Attributes& attributes) {
  const SplineOptions options = spline_options(attributes);
  return infer_spline(inputs, options, cubic_spline_parameters(options));
}

std::vector<Value> define_cubic_spline(Graph&, std::span<const Value> inputs,
                                       const Attributes& attributes) {
  const SplineOptions options = spline_options(attributes);
  const Value x = clipped(inputs[0], options);
  const CubicBin bin = CubicKnots(inputs[1], x.columns(), options).bin(x, false);
  const Value place = clipped_to_unit((x - bin.left) / bin.width);
  const Value rest = 1.0 - place;
  // In Bernstein's basis, with derivatives relative to the slope.
  const Value rise = place * (rest * (bin.start * rest + (3.0 - bin.end) * place) + square(place));
  return with_tails(inputs[0], bin.bottom + bin.height * rise, bin.log_derivative(place), options);
}

}  // namespace

const Operator& cubic_spline_operator() {
  static const Operator op{
      .name = "cubic_spline", .infer = infer_cubic_spline, .define = define_cubic_spline};
  return op;
}

int64_t cubic_spline_parameters(const SplineOptions& options) {
  return options.tails == "linear" ? 2 * options.bins : 2 * options.bins + 2;
}

Spline cubic_spline(Value x, Value params, const SplineOptions& options) {
  const std::vector<Value> out =
      x.graph().apply(cubic_spline_operator(), {x, params}, options.attributes());
  return {out[0], out[1]};
}

}  // namespace castalia
