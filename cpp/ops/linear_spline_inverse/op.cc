#include "cpp/ops/linear_spline_inverse/op.h"

#include "cpp/ops/ops.h"
#include "cpp/ops/spline_knots.h"

namespace castalia {
namespace {

std::vector<Value> define_linear_spline_inverse(Graph& graph, std::span<const Value> inputs,
                                                const Attributes& attributes) {
  const SplineOptions options = spline_options(attributes);
  const Value y = clipped(inputs[0], options);
  const Value across = equal_positions(graph, y.dtype(), options);
  const Value up = knot_positions(by_feature(inputs[1], y.columns()), options.min_height, options);
  const BinChoice bin(up, y);
  const Value bottom = bin.pick(up);
  const double width = (options.upper - options.lower) / static_cast<double>(options.bins);
  const Value slope = (bin.pick(up, 1) - bottom) * (1.0 / width);
  return with_tails(inputs[0], bin.pick(across) + (y - bottom) / slope, negate(log(slope)),
                    options);
}

}  // namespace

const Operator& linear_spline_inverse_operator() {
  static const Operator op{.name = "linear_spline_inverse",
                           .infer = linear_spline_operator().infer,
                           .define = define_linear_spline_inverse};
  return op;
}

Spline linear_spline_inverse(Value y, Value params, const SplineOptions& options) {
  const std::vector<Value> out =
      y.graph().apply(linear_spline_inverse_operator(), {y, params}, options.attributes());
  return {out[0], out[1]};
}

}  // namespace castalia
