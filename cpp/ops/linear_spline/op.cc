#include "cpp/ops/linear_spline/op.h"

#include "cpp/ops/ops.h"
#include "cpp/ops/spline_knots.h"

namespace castalia {
namespace {

std::vector<TensorType> infer_linear_spline(std::span<const TensorType> inputs,
                                            const Attributes& attributes) {
  const SplineOptions options = spline_options(attributes);
  return infer_spline(inputs, options, linear_spline_parameters(options));
}

std::vector<Value> define_linear_spline(Graph& graph, std::span<const Value> inputs,
                                        const Attributes& attributes) {
  const SplineOptions options = spline_options(attributes);
  const Value x = clipped(inputs[0], options);
  const Value across = equal_positions(graph, x.dtype(), options);
  const Value up = knot_positions(by_feature(inputs[1], x.columns()), options.min_height, options);
  const BinChoice bin(across, x);
  const Value bottom = bin.pick(up);
  const double width = (options.upper - options.lower) / static_cast<double>(options.bins);
  const Value slope = (bin.pick(up, 1) - bottom) * (1.0 / width);
  return with_tails(inputs[0], bottom + slope * (x - bin.pick(across)), log(slope), options);
}

}  // namespace

const Operator& linear_spline_operator() {
  static const Operator op{
      .name = "linear_spline", .infer = infer_linear_spline, .define = define_linear_spline};
  return op;
}

int64_t linear_spline_parameters(const SplineOptions& options) { return options.bins; }

Spline linear_spline(Value x, Value params, const SplineOptions& options) {
  const std::vector<Value> out =
      x.graph().apply(linear_spline_operator(), {x, params}, options.attributes());
  return {out[0], out[1]};
}

}  // namespace castalia
