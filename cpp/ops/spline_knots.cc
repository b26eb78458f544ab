#include "cpp/ops/spline_knots.h"

#include <cmath>

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

Value ones(Graph& graph, const Shape& shape, DType dtype) {
  return broadcast_to(graph.scalar(1.0, dtype), shape);
}

// Positions of the bins + 1 knots between the bounds, the first and the last exactly on them, from
// one logit a bin.
Value positions(Value logits, double floor, const RqSplineOptions& options) {
  const double scale = 1.0 - floor * static_cast<double>(options.bins);
  const Value fractions = softmax(logits) * scale + floor;
  const Value sums = slice(cumulative_sum(fractions), 2, 0, options.bins - 1);
  const Value inner = sums * (options.upper - options.lower) + options.lower;
  Shape edge = logits.shape();
  edge[2] = 1;
  Graph& graph = logits.graph();
  const DType dtype = logits.dtype();
  return concat({broadcast_to(graph.scalar(options.lower, dtype), edge), inner,
                 broadcast_to(graph.scalar(options.upper, dtype), edge)},
                2);
}

Value derivatives_at_knots(Value logits, const RqSplineOptions& options) {
  Graph& graph = logits.graph();
  const DType dtype = logits.dtype();
  // softplus(shift) + min_derivative = 1.
  const double shift = std::log(std::expm1(1.0 - options.min_derivative));
  const Value limited = minimum(maximum(logits, graph.scalar(-kLargestDerivativeLogit, dtype)),
                                graph.scalar(kLargestDerivativeLogit, dtype));
  const Value derivatives = softplus(limited + shift) + options.min_derivative;
  if (options.tails != "linear") return derivatives;
  Shape edge = logits.shape();
  edge[2] = 1;
  const Value one = ones(graph, edge, dtype);
  return concat({one, derivatives, one}, 2);
}

}  // namespace

RqSplineOptions rq_spline_options(const Attributes& attributes) {
  return {.bins = attributes.integer("bins"),
          .lower = attributes.real("lower"),
          .upper = attributes.real("upper"),
          .tails = attributes.string("tails"),
          .min_width = attributes.real("min_width"),
          .min_height = attributes.real("min_height"),
          .min_derivative = attributes.real("min_derivative")};
}

Attributes RqSplineOptions::attributes() const {
  return {{"bins", bins},
          {"lower", lower},
          {"upper", upper},
          {"tails", tails},
          {"min_width", min_width},
          {"min_height", min_height},
          {"min_derivative", min_derivative}};
}

std::vector<TensorType> infer_rq_spline(std::span<const TensorType> inputs,
                                        const Attributes& attributes) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  const RqSplineOptions options = rq_spline_options(attributes);
  const auto bins = static_cast<double>(options.bins);
  if (options.bins < 2) fail(Code::out_of_range, "bins is ", options.bins, "; allowed: 2 or more");
  if (!(options.lower < options.upper)) {
    fail(Code::out_of_range, "lower ", options.lower, " is not below upper ", options.upper);
  }
  if (options.tails != "linear" && options.tails != "none") {
    fail(Code::out_of_range, "tails is '", options.tails, "'; allowed: linear, none");
  }
  for (const double floor : {options.min_width, options.min_height}) {
    if (!(floor > 0 && floor * bins < 1)) {
      fail(Code::out_of_range, "min_width or min_height is ", floor, "; allowed: above 0, below ",
           1 / bins, " with ", options.bins, " bins");
    }
  }
  if (!(options.min_derivative > 0 && options.min_derivative < 1)) {
    fail(Code::out_of_range, "min_derivative is ", options.min_derivative,
         "; allowed: above 0, below 1");
  }
  const Shape& x = inputs[0].shape;
  const Shape& params = inputs[1].shape;
  if (x.rank() != 2 || params.rank() != 2 || params[0] != x[0] ||
      params[1] != x[1] * options.parameters()) {
    fail(Code::shape_mismatch, "x of shape ", x, " takes parameters of shape (rows, features * ",
         options.parameters(), "), not ", params);
  }
  return {inputs[0], inputs[0]};
}

RqKnots::RqKnots(Value params, int64_t features, const RqSplineOptions& options)
    : bins_(options.bins) {
  const Value p = reshape(params, Shape{params.rows(), features, options.parameters()});
  x_ = positions(slice(p, 2, 0, bins_), options.min_width, options);
  y_ = positions(slice(p, 2, bins_, 2 * bins_), options.min_height, options);
  derivatives_ = derivatives_at_knots(slice(p, 2, 2 * bins_, options.parameters()), options);
}

RqBin RqKnots::bin(Value argument, bool inverse) const {
  const Shape column{argument.rows(), argument.columns(), 1};
  // 1 from the first inner knot that the argument has reached on, so that the difference of
  // neighbours is 1 in its bin alone.
  const Value inner = slice(inverse ? y_ : x_, 2, 1, bins_);
  const Value reached = less_equal(inner, reshape(argument, column));
  const Value first = ones(argument.graph(), column, argument.dtype());
  const Value here = concat({first, reached}, 2) - pad(reached, 2, 0, 1);
  const auto pick = [&](Value knots, int64_t offset) {
    const Value candidates = slice(knots, 2, offset, offset + bins_);
    return reshape(sum(here * candidates, {2}), argument.shape());
  };
  const Value left = pick(x_, 0);
  const Value bottom = pick(y_, 0);
  return {.left = left,
          .width = pick(x_, 1) - left,
          .bottom = bottom,
          .height = pick(y_, 1) - bottom,
          .derivative_left = pick(derivatives_, 0),
          .derivative_right = pick(derivatives_, 1)};
}

Value clipped(Value argument, const RqSplineOptions& options) {
  Graph& graph = argument.graph();
  const DType dtype = argument.dtype();
  return minimum(maximum(argument, graph.scalar(options.lower, dtype)),
                 graph.scalar(options.upper, dtype));
}

std::vector<Value> with_tails(Value argument, Value result, Value log_abs_det,
                              const RqSplineOptions& options) {
  if (options.tails != "linear") return {result, log_abs_det};
  Graph& graph = argument.graph();
  const DType dtype = argument.dtype();
  const Value inside = less_equal(graph.scalar(options.lower, dtype), argument) *
                       less_equal(argument, graph.scalar(options.upper, dtype));
  return {select(inside, result, argument), select(inside, log_abs_det, graph.scalar(0.0, dtype))};
}

Value log_derivative(const RqBin& bin, Value slope, Value place) {
  const Value rest = 1.0 - place;
  const Value both = place * rest;
  const Value numerator = bin.derivative_right * square(place) + 2.0 * slope * both +
                          bin.derivative_left * square(rest);
  const Value denominator =
      slope + (bin.derivative_left + bin.derivative_right - 2.0 * slope) * both;
  return 2.0 * (log(slope) - log(denominator)) + log(numerator);
}

}  // namespace castalia
