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

Value clipped_between(Value x, double low, double high) {
  Graph& graph = x.graph();
  return minimum(maximum(x, graph.scalar(low, x.dtype())), graph.scalar(high, x.dtype()));
}

}  // namespace

SplineOptions spline_options(const Attributes& attributes) {
  return {.bins = attributes.integer("bins"),
          .lower = attributes.real("lower"),
          .upper = attributes.real("upper"),
          .tails = attributes.string("tails"),
          .min_width = attributes.real("min_width"),
          .min_height = attributes.real("min_height"),
          .min_derivative = attributes.real("min_derivative")};
}

Attributes SplineOptions::attributes() const {
  return {{"bins", bins},
          {"lower", lower},
          {"upper", upper},
          {"tails", tails},
          {"min_width", min_width},
          {"min_height", min_height},
          {"min_derivative", min_derivative}};
}

std::vector<TensorType> infer_spline(std::span<const TensorType> inputs,
                                     const SplineOptions& options, int64_t parameters,
                                     bool may_be_circular) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  const auto bins = static_cast<double>(options.bins);
  if (options.bins < 2) fail(Code::out_of_range, "bins is ", options.bins, "; allowed: 2 or more");
  if (!(options.lower < options.upper)) {
    fail(Code::out_of_range, "lower ", options.lower, " is not below upper ", options.upper);
  }
  const bool circular = may_be_circular && options.tails == "circular";
  if (options.tails != "linear" && options.tails != "none" && !circular) {
    fail(Code::out_of_range, "tails is '", options.tails, "'; allowed: linear, none",
         may_be_circular ? ", circular" : "");
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
  if (x.rank() != 2 || params.rank() != 2 || params[0] != x[0] || params[1] != x[1] * parameters) {
    fail(Code::shape_mismatch, "x of shape ", x, " takes parameters of shape (rows, features * ",
         parameters, "), not ", params);
  }
  return {inputs[0], inputs[0]};
}

std::vector<TensorType> infer_rq_spline(std::span<const TensorType> inputs,
                                        const Attributes& attributes) {
  const SplineOptions options = spline_options(attributes);
  return infer_spline(inputs, options, rq_spline_parameters(options), true);
}

int64_t free_derivatives(const SplineOptions& options) {
  if (options.tails == "circular") return options.bins;
  return options.tails == "linear" ? options.bins - 1 : options.bins + 1;
}

Value by_feature(Value params, int64_t features) {
  const int64_t parameters = features == 0 ? 0 : params.columns() / features;
  return reshape(params, Shape{params.rows(), features, parameters});
}

Value knot_positions(Value logits, double floor, const SplineOptions& options) {
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

Value equal_positions(Graph& graph, DType dtype, const SplineOptions& options) {
  const double width = (options.upper - options.lower) / static_cast<double>(options.bins);
  std::vector<double> knots;
  for (int64_t k = 0; k < options.bins; ++k) {
    knots.push_back(options.lower + width * static_cast<double>(k));
  }
  knots.push_back(options.upper);
  return graph.constant({1, 1, options.bins + 1}, dtype, knots);
}

Value limited_logits(Value logits) {
  return clipped_between(logits, -kLargestDerivativeLogit, kLargestDerivativeLogit);
}

Value positive_numbers(Value logits, double floor) {
  // softplus(shift) + floor = 1.
  const double shift = std::log(std::expm1(1.0 - floor));
  return softplus(limited_logits(logits) + shift) + floor;
}

Value knot_derivatives(Value logits, const SplineOptions& options) {
  const Value derivatives = positive_numbers(logits, options.min_derivative);
  if (options.tails == "none") return derivatives;
  if (options.tails == "circular") return concat({derivatives, slice(derivatives, 2, 0, 1)}, 2);
  Shape edge = logits.shape();
  edge[2] = 1;
  const Value one = ones(logits.graph(), edge, logits.dtype());
  return concat({one, derivatives, one}, 2);
}

BinChoice::BinChoice(Value knots, Value argument)
    : shape_(argument.shape()), bins_(knots.columns() - 1) {
  const Shape column{argument.rows(), argument.columns(), 1};
  // 1 from the first inner knot that the argument has reached on, so that the difference of
  // neighbours is 1 in its bin alone.
  const Value inner = slice(knots, 2, 1, bins_);
  const Value reached = less_equal(inner, reshape(argument, column));
  const Value first = ones(argument.graph(), column, argument.dtype());
  here_ = concat({first, reached}, 2) - pad(reached, 2, 0, 1);
}

Value BinChoice::pick(Value values, int64_t offset) const {
  const Value candidates = slice(values, 2, offset, offset + bins_);
  return reshape(sum(here_ * candidates, {2}), shape_);
}

RqKnots::RqKnots(Value params, int64_t features, const SplineOptions& options) {
  const int64_t bins = options.bins;
  const Value p = reshape(params, Shape{params.rows(), features, rq_spline_parameters(options)});
  x_ = knot_positions(slice(p, 2, 0, bins), options.min_width, options);
  y_ = knot_positions(slice(p, 2, bins, 2 * bins), options.min_height, options);
  derivatives_ = knot_derivatives(slice(p, 2, 2 * bins, rq_spline_parameters(options)), options);
}

RqBin RqKnots::bin(Value argument, bool inverse) const {
  const BinChoice choice(inverse ? y_ : x_, argument);
  const Value left = choice.pick(x_);
  const Value bottom = choice.pick(y_);
  return {.left = left,
          .width = choice.pick(x_, 1) - left,
          .bottom = bottom,
          .height = choice.pick(y_, 1) - bottom,
          .derivative_left = choice.pick(derivatives_),
          .derivative_right = choice.pick(derivatives_, 1)};
}

Value rq_log_derivative(const RqBin& bin, Value slope, Value place) {
  const Value rest = 1.0 - place;
  const Value both = place * rest;
  const Value numerator = bin.derivative_right * square(place) + 2.0 * slope * both +
                          bin.derivative_left * square(rest);
  const Value denominator =
      slope + (bin.derivative_left + bin.derivative_right - 2.0 * slope) * both;
  return 2.0 * (log(slope) - log(denominator)) + log(numerator);
}

Value clipped(Value argument, const SplineOptions& options) {
  if (options.tails == "circular") {
    Graph& graph = argument.graph();
    const double period = options.upper - options.lower;
    const Value turns = floor((argument - options.lower) * (1 / period));
    const Value inside = less_equal(graph.scalar(options.lower, argument.dtype()), argument) *
                         less_equal(argument, graph.scalar(options.upper, argument.dtype()));
    argument = select(inside, argument, argument - turns * period);
  }
  return clipped_between(argument, options.lower, options.upper);
}

Value clipped_to_unit(Value number) { return clipped_between(number, 0.0, 1.0); }

std::vector<Value> with_tails(Value argument, Value result, Value log_abs_det,
                              const SplineOptions& options) {
  if (options.tails != "linear") return {result, log_abs_det};
  Graph& graph = argument.graph();
  const DType dtype = argument.dtype();
  const Value inside = less_equal(graph.scalar(options.lower, dtype), argument) *
                       less_equal(argument, graph.scalar(options.upper, dtype));
  return {select(inside, result, argument), select(inside, log_abs_det, graph.scalar(0.0, dtype))};
}

}  // namespace castalia
