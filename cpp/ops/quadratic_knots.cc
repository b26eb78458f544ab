#include "cpp/ops/quadratic_knots.h"

#include "cpp/ops/ops.h"
#include "cpp/ops/spline_knots.h"

namespace castalia {

QuadraticKnots::QuadraticKnots(Value params, int64_t features, const SplineOptions& options) {
  const int64_t bins = options.bins;
  const double range = options.upper - options.lower;
  const double floor = options.min_derivative;
  Graph& graph = params.graph();
  const DType dtype = params.dtype();
  const Value p =
      reshape(params, Shape{params.rows(), features, quadratic_spline_parameters(options)});
  x_ = knot_positions(slice(p, 2, 0, bins), options.min_width, options);
  const Value widths = slice(x_, 2, 1, bins + 1) - slice(x_, 2, 0, bins);
  const Value fractions = widths * (1.0 / range);
  const Value raw =
      positive_numbers(slice(p, 2, bins, quadratic_spline_parameters(options)), floor);
  // Densities with integral 1 over the interval, mixed with a flat one for a floor.
  if (options.tails == "linear") {
    // The two outer densities are whatever makes the normalised ones 1.
    const Value neighbours = slice(fractions, 2, 0, bins - 1) + slice(fractions, 2, 1, bins);
    const Value inner = sum(raw * neighbours * 0.5, {2});
    const Value outer = (slice(fractions, 2, 0, 1) + slice(fractions, 2, bins - 1, bins)) * 0.5;
    const Value edge = inner / (1.0 - outer);
    const Value one = broadcast_to(graph.scalar(1.0, dtype), edge.shape());
    densities_ = concat({one, raw / edge * (1.0 - floor) + floor, one}, 2);
  } else {
    const Value means = (slice(raw, 2, 0, bins) + slice(raw, 2, 1, bins + 1)) * 0.5;
    densities_ = raw / sum(means * fractions, {2}) * (1.0 - floor) + floor;
  }
  const Value means = (slice(densities_, 2, 0, bins) + slice(densities_, 2, 1, bins + 1)) * 0.5;
  const Value sums = slice(cumulative_sum(means * widths), 2, 0, bins - 1) + options.lower;
  Shape edge = sums.shape();
  edge[2] = 1;
  y_ = concat({broadcast_to(graph.scalar(options.lower, dtype), edge), sums,
               broadcast_to(graph.scalar(options.upper, dtype), edge)},
              2);
}

QuadraticBin QuadraticKnots::bin(Value argument, bool inverse) const {
  const BinChoice choice(inverse ? y_ : x_, argument);
  const Value left = choice.pick(x_);
  return {.left = left,
          .width = choice.pick(x_, 1) - left,
          .bottom = choice.pick(y_),
          .density_left = choice.pick(densities_),
          .density_right = choice.pick(densities_, 1)};
}

}  // namespace castalia
