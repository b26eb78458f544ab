#include "cpp/ops/cubic_knots.h"

#include <cmath>

#include "cpp/ops/ops.h"
#include "cpp/ops/spline_knots.h"

namespace castalia {
namespace {

// At the steepest a cubic that rises from 0 to 1 may start or end with three times its slope.
constexpr double kSteepest = 3;

// The derivative relative to the slope of the outermost bin, from a logit: 1 for 0.
Value edge_derivative(Value logit, Value slope, double floor) {
  const double shift = std::log((1 - floor) / (kSteepest - 1));
  const Value share = sigmoid(limited_logits(logit) + shift);
  return slope * (share * (kSteepest - floor) + floor);
}

}  // namespace

CubicKnots::CubicKnots(Value params, int64_t features, const SplineOptions& options) {
  const int64_t bins = options.bins;
  const Value p = reshape(params, Shape{params.rows(), features, cubic_spline_parameters(options)});
  x_ = knot_positions(slice(p, 2, 0, bins), options.min_width, options);
  y_ = knot_positions(slice(p, 2, bins, 2 * bins), options.min_height, options);
  const Value widths = slice(x_, 2, 1, bins + 1) - slice(x_, 2, 0, bins);
  const Value slopes = (slice(y_, 2, 1, bins + 1) - slice(y_, 2, 0, bins)) / widths;
  const auto all_but_last = [&](Value v) { return slice(v, 2, 0, bins - 1); };
  const auto all_but_first = [&](Value v) { return slice(v, 2, 1, bins); };
  // Steffen: the slope of the parabola through three knots, at most twice that of either bin.
  const Value parabola = (all_but_last(slopes) * all_but_first(widths) +
                          all_but_first(slopes) * all_but_last(widths)) /
                         (all_but_last(widths) + all_but_first(widths));
  const Value inner = minimum(2.0 * minimum(all_but_last(slopes), all_but_first(slopes)), parabola);
  const auto edge = [&](int64_t bin, int64_t parameter) {
    const Value slope = slice(slopes, 2, bin, bin + 1);
    if (options.tails == "linear") {
      return minimum(slope * kSteepest, slope.graph().scalar(1.0, slope.dtype()));
    }
    return edge_derivative(slice(p, 2, parameter, parameter + 1), slope, options.min_derivative);
  };
  derivatives_ = concat({edge(0, 2 * bins), inner, edge(bins - 1, 2 * bins + 1)}, 2);
}

CubicBin CubicKnots::bin(Value argument, bool inverse) const {
  const BinChoice choice(inverse ? y_ : x_, argument);
  const Value left = choice.pick(x_);
  const Value bottom = choice.pick(y_);
  const Value width = choice.pick(x_, 1) - left;
  const Value height = choice.pick(y_, 1) - bottom;
  return {.left = left,
          .width = width,
          .bottom = bottom,
          .height = height,
          .start = choice.pick(derivatives_) * width / height,
          .end = choice.pick(derivatives_, 1) * width / height};
}

Value CubicBin::log_derivative(Value place) const {
  const Value rest = 1.0 - place;
  const Value middle = 3.0 - start - end;
  const Value relative = start * square(rest) + 2.0 * middle * place * rest + end * square(place);
  // Only rounding can bring it near 0.
  const Value smallest = place.graph().scalar(1e-12, place.dtype());
  return log(maximum(relative, smallest)) + log(height) - log(width);
}

}  // namespace castalia
