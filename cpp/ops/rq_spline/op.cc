#include "cpp/ops/rq_spline/op.h"

#include "cpp/ops/ops.h"
#include "cpp/ops/spline_knots.h"

namespace castalia {
namespace {

std::vector<Value> define_rq_spline(Graph&, std::span<const Value> inputs,
                                    const Attributes& attributes) {
  const RqSplineOptions options = spline_options(attributes);
  const Value x = clipped(inputs[0], options);
  const RqBin bin = RqKnots(inputs[1], x.columns(), options).bin(x, false);
  const Value slope = bin.height / bin.width;
  const Value place = (x - bin.left) / bin.width;
  const Value both = place * (1.0 - place);
  const Value rise = bin.height * (slope * square(place) + bin.derivative_left * both);
  const Value denominator =
      slope + (bin.derivative_left + bin.derivative_right - 2.0 * slope) * both;
  return with_tails(inputs[0], bin.bottom + rise / denominator,
                    rq_log_derivative(bin, slope, place), options);
}

}  // namespace

const Operator& rq_spline_operator() {
  static const Operator op{
      .name = "rq_spline", .infer = infer_rq_spline, .define = define_rq_spline};
  return op;
}

int64_t rq_spline_parameters(const RqSplineOptions& options) {
  return 2 * options.bins + free_derivatives(options);
}

RqSpline rq_spline(Value x, Value params, const RqSplineOptions& options) {
  const std::vector<Value> out =
      x.graph().apply(rq_spline_operator(), {x, params}, options.attributes());
  return {out[0], out[1]};
}

}  // namespace castalia
