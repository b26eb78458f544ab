#include "cpp/ops/rq_spline_inverse/op.h"

#include "cpp/ops/ops.h"
#include "cpp/ops/spline_knots.h"

namespace castalia {
namespace {

// The smallest discriminant: below any that occurs, and its root's derivative is finite.
constexpr double kTiny = 1e-30;

std::vector<Value> define_rq_spline_inverse(Graph& graph, std::span<const Value> inputs,
                                            const Attributes& attributes) {
  const RqSplineOptions options = spline_options(attributes);
  const Value y = clipped(inputs[0], options);
  const RqBin bin = RqKnots(inputs[1], y.columns(), options).bin(y, true);
  const Value slope = bin.height / bin.width;
  const Value rise = y - bin.bottom;
  // a place^2 + b place - c = 0. Of the two forms of the root in [0, 1] the one that adds numbers
  // of one sign is taken; where b < 0, a is positive.
  const Value bend = rise * (bin.derivative_left + bin.derivative_right - 2.0 * slope);
  const Value a = bin.height * (slope - bin.derivative_left) + bend;
  const Value b = bin.height * bin.derivative_left - bend;
  const Value c = slope * rise;
  const Value zero = graph.scalar(0.0, y.dtype());
  const Value root = sqrt(maximum(square(b) + 4.0 * a * c, graph.scalar(kTiny, y.dtype())));
  const Value descending = less(b, zero);
  const Value numerator = select(descending, root - b, 2.0 * c);
  const Value denominator = select(descending, 2.0 * a, b + root);
  const Value place = minimum(maximum(numerator / denominator, zero), graph.scalar(1.0, y.dtype()));
  return with_tails(inputs[0], bin.left + place * bin.width,
                    negate(rq_log_derivative(bin, slope, place)), options);
}

}  // namespace

const Operator& rq_spline_inverse_operator() {
  static const Operator op{
      .name = "rq_spline_inverse", .infer = infer_rq_spline, .define = define_rq_spline_inverse};
  return op;
}

RqSpline rq_spline_inverse(Value y, Value params, const RqSplineOptions& options) {
  const std::vector<Value> out =
      y.graph().apply(rq_spline_inverse_operator(), {y, params}, options.attributes());
  return {out[0], out[1]};
}

}  // namespace castalia
