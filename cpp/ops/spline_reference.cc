#include "cpp/ops/spline_reference.h"

#include <algorithm>
#include <cmath>

#include "cpp/ops/rq_spline/op.h"
#include "cpp/ops/spline_knots.h"

namespace castalia {
namespace {

// The knots' positions along one axis.
std::vector<double> knots(const double* logits, double floor, const RqSplineOptions& options) {
  const auto bins = static_cast<size_t>(options.bins);
  const double largest = *std::max_element(logits, logits + bins);
  double total = 0;
  for (size_t k = 0; k < bins; ++k) total += std::exp(logits[k] - largest);
  std::vector<double> positions = {options.lower};
  for (size_t k = 0; k < bins; ++k) {
    const double share = std::exp(logits[k] - largest) / total;
    const double fraction = floor + (1 - floor * static_cast<double>(bins)) * share;
    positions.push_back(positions.back() + (options.upper - options.lower) * fraction);
  }
  positions.back() = options.upper;
  return positions;
}

std::vector<double> slopes(const double* logits, const RqSplineOptions& options) {
  const bool tails = options.tails == "linear";
  const double shift = std::log(std::expm1(1 - options.min_derivative));
  std::vector<double> out(static_cast<size_t>(options.bins) + 1, 1.0);
  for (size_t k = 0; k < out.size(); ++k) {
    if (tails && (k == 0 || k + 1 == out.size())) continue;
    const size_t at = tails ? k - 1 : options.tails == "circular" ? k % (out.size() - 1) : k;
    const double logit =
        std::clamp(logits[at], -kLargestDerivativeLogit, kLargestDerivativeLogit) + shift;
    out[k] = options.min_derivative + std::max(logit, 0.0) + std::log1p(std::exp(-std::abs(logit)));
  }
  return out;
}

struct Point {
  double result;
  double log_abs_det;
};

Point evaluate(double argument, const double* params, const RqSplineOptions& options,
               bool inverse) {
  const bool outside = argument < options.lower || argument > options.upper;
  if (outside && options.tails == "linear") return {argument, 0};
  if (outside && options.tails == "circular") {
    const double period = options.upper - options.lower;
    argument -= period * std::floor((argument - options.lower) / period);
  }
  const double a = std::clamp(argument, options.lower, options.upper);
  const std::vector<double> x = knots(params, options.min_width, options);
  const std::vector<double> y = knots(params + options.bins, options.min_height, options);
  const std::vector<double> d = slopes(params + 2 * options.bins, options);
  const std::vector<double>& along = inverse ? y : x;
  size_t k = 0;
  while (k + 2 < along.size() && a >= along[k + 1]) ++k;
  const double width = x[k + 1] - x[k];
  const double height = y[k + 1] - y[k];
  const double s = height / width;
  double t = (a - x[k]) / width;
  if (inverse) {
    // Equations 6 to 8 of arXiv:1906.04032; the discriminant as a sum of squares.
    const double share = (a - y[k]) / height;
    const double e = d[k] * (1 - share) - d[k + 1] * share;
    const double root = std::sqrt(e * e + 4 * s * s * share * (1 - share));
    const double b = e + 2 * s * share;
    t = b >= 0 ? 2 * s * share / (b + root) : (root - b) / (2 * (s - b));
  }
  const double both = t * (1 - t);
  const double denominator = s + (d[k] + d[k + 1] - 2 * s) * both;
  const double derivative = s * s * (d[k + 1] * t * t + 2 * s * both + d[k] * (1 - t) * (1 - t)) /
                            (denominator * denominator);
  if (inverse) return {x[k] + t * width, -std::log(derivative)};
  return {y[k] + height * (s * t * t + d[k] * both) / denominator, std::log(derivative)};
}

}  // namespace

std::vector<Tensor> spline_reference(const Attributes& attributes, std::span<const Tensor> inputs,
                                     bool inverse) {
  const RqSplineOptions options = spline_options(attributes);
  std::vector<Tensor> outputs = {Tensor(inputs[0].shape), Tensor(inputs[0].shape)};
  for (int64_t i = 0; i < inputs[0].shape.count(); ++i) {
    const Point point = evaluate(
        inputs[0][i], inputs[1].data.data() + i * rq_spline_parameters(options), options, inverse);
    outputs[0][i] = point.result;
    outputs[1][i] = point.log_abs_det;
  }
  return outputs;
}

}  // namespace castalia
