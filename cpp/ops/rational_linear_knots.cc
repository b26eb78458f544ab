#include "cpp/ops/rational_linear_knots.h"

#include "cpp/ops/ops.h"
#include "cpp/ops/spline_knots.h"

namespace castalia {
namespace {

// How near to a knot the middle one may come, relative to the width.
constexpr double kNearest = 0.025;

}  // namespace

Value RationalLinearPiece::denominator(Value along) const {
  return weight_left * (1.0 - along) + weight_right * along;
}

RationalLinearPiece RationalLinearBin::piece(Value lower) const {
  Graph& graph = lower.graph();
  const Value zero = graph.scalar(0.0, lower.dtype());
  const Value one = graph.scalar(1.0, lower.dtype());
  return {.start = select(lower, zero, middle),
          .length = select(lower, middle, 1.0 - middle),
          .bottom = select(lower, zero, middle_height),
          .height = select(lower, middle_height, upper_height),
          .weight_left = select(lower, one, weight_middle),
          .weight_right = select(lower, weight_middle, weight_right)};
}

Value RationalLinearBin::log_derivative(const RationalLinearPiece& piece, Value along) const {
  const Value denominator = piece.denominator(along);
  return log(piece.weight_left / denominator) + log(piece.weight_right / denominator) +
         log(piece.height / piece.length) + log(height / width);
}

RationalLinearKnots::RationalLinearKnots(Value params, int64_t features,
                                         const SplineOptions& options) {
  const int64_t bins = options.bins;
  const int64_t parameters = rational_linear_spline_parameters(options);
  const Value p = reshape(params, Shape{params.rows(), features, parameters});
  x_ = knot_positions(slice(p, 2, 0, bins), options.min_width, options);
  y_ = knot_positions(slice(p, 2, bins, 2 * bins), options.min_height, options);
  derivatives_ = knot_derivatives(slice(p, 2, 2 * bins, parameters - bins), options);
  const Value logits = limited_logits(slice(p, 2, parameters - bins, parameters));
  middles_ = sigmoid(logits) * (1.0 - 2.0 * kNearest) + kNearest;
}

RationalLinearBin RationalLinearKnots::bin(Value argument, bool inverse) const {
  const BinChoice choice(inverse ? y_ : x_, argument);
  const Value left = choice.pick(x_);
  const Value bottom = choice.pick(y_);
  const Value width = choice.pick(x_, 1) - left;
  const Value height = choice.pick(y_, 1) - bottom;
  const Value start = choice.pick(derivatives_);
  const Value end = choice.pick(derivatives_, 1);
  const Value middle = choice.pick(middles_);
  const Value rest = 1.0 - middle;
  // Section 3 of the paper, with a weight of 1 at the left knot.
  const Value weight_right = sqrt(start / end);
  const Value weight_middle = (middle * start + rest * weight_right * end) * width / height;
  const Value total = rest + middle * weight_right;
  return {.left = left,
          .width = width,
          .bottom = bottom,
          .height = height,
          .middle = middle,
          .middle_height = middle * weight_right / total,
          .upper_height = rest / total,
          .weight_middle = weight_middle,
          .weight_right = weight_right};
}

}  // namespace castalia
