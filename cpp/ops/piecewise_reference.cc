#include "cpp/ops/piecewise_reference.h"

#include <algorithm>
#include <cmath>

#include "cpp/ops/spline_knots.h"

namespace castalia {
namespace {

using Numbers = std::vector<double>;

double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double limited(double logit) {
  return std::clamp(logit, -kLargestDerivativeLogit, kLargestDerivativeLogit);
}

// Knots from one logit a bin.
Numbers positions(const double* logits, double floor, const SplineOptions& options) {
  const auto bins = static_cast<size_t>(options.bins);
  const double largest = *std::max_element(logits, logits + bins);
  double total = 0;
  for (size_t k = 0; k < bins; ++k) total += std::exp(logits[k] - largest);
  Numbers knots = {options.lower};
  for (size_t k = 0; k < bins; ++k) {
    const double share = std::exp(logits[k] - largest) / total;
    const double fraction = floor + (1 - floor * static_cast<double>(bins)) * share;
    knots.push_back(knots.back() + (options.upper - options.lower) * fraction);
  }
  knots.back() = options.upper;
  return knots;
}

// softplus numbers for knots, those at the bounds missing with linear tails, where `edge` stands.
Numbers at_knots(const double* logits, double edge, const SplineOptions& options) {
  const bool tails = options.tails == "linear";
  const double shift = std::log(std::expm1(1 - options.min_derivative));
  Numbers out(static_cast<size_t>(options.bins) + 1, edge);
  for (size_t k = 0; k < out.size(); ++k) {
    if (tails && (k == 0 || k + 1 == out.size())) continue;
    const size_t at = tails ? k - 1 : options.tails == "circular" ? k % (out.size() - 1) : k;
    out[k] = options.min_derivative + softplus(limited(logits[at]) + shift);
  }
  return out;
}

size_t bin_of(const Numbers& knots, double x) {
  size_t k = 0;
  while (k + 2 < knots.size() && x >= knots[k + 1]) ++k;
  return k;
}

}  // namespace

SplineFunction linear_spline_pieces(const double* params, const SplineOptions& options) {
  const Numbers y = positions(params, options.min_height, options);
  Numbers x;
  const double width = (options.upper - options.lower) / static_cast<double>(options.bins);
  for (int64_t k = 0; k <= options.bins; ++k) {
    x.push_back(options.lower + width * static_cast<double>(k));
  }
  return [=](double at) {
    const size_t k = bin_of(x, at);
    const double slope = (y[k + 1] - y[k]) / width;
    return SplinePoint{y[k] + slope * (at - x[k]), slope};
  };
}

SplineFunction quadratic_spline_pieces(const double* params, const SplineOptions& options) {
  const auto bins = static_cast<size_t>(options.bins);
  const double range = options.upper - options.lower;
  const Numbers x = positions(params, options.min_width, options);
  Numbers density = at_knots(params + bins, 0, options);
  // The integral of straight lines between the knots, over an interval of length 1.
  const auto integral = [&] {
    double sum = 0;
    for (size_t k = 0; k < bins; ++k) {
      sum += (x[k + 1] - x[k]) / range * (density[k] + density[k + 1]) / 2;
    }
    return sum;
  };
  if (options.tails == "linear") {
    // Both outer densities equal the integral: a linear equation for it.
    const double without = integral();
    density.front() = density.back() = 1;
    const double slope = integral() - without;
    density.front() = density.back() = without / (1 - slope);
  }
  const double total = integral();
  const double floor = options.min_derivative;
  for (double& d : density) d = floor + (1 - floor) * d / total;
  Numbers y = {options.lower};
  for (size_t k = 0; k < bins; ++k) {
    y.push_back(y[k] + (x[k + 1] - x[k]) * (density[k] + density[k + 1]) / 2);
  }
  return [=](double at) {
    const size_t k = bin_of(x, at);
    const double width = x[k + 1] - x[k];
    const double t = (at - x[k]) / width;
    const double rise = density[k + 1] - density[k];
    return SplinePoint{y[k] + width * (density[k] * t + rise * t * t / 2), density[k] + rise * t};
  };
}

SplineFunction cubic_spline_pieces(const double* params, const SplineOptions& options) {
  const auto bins = static_cast<size_t>(options.bins);
  const Numbers x = positions(params, options.min_width, options);
  const Numbers y = positions(params + bins, options.min_height, options);
  Numbers width, slope;
  for (size_t k = 0; k < bins; ++k) {
    width.push_back(x[k + 1] - x[k]);
    slope.push_back((y[k + 1] - y[k]) / width[k]);
  }
  const auto edge = [&](double logit, double bin_slope) {
    if (options.tails == "linear") return std::min(1.0, 3 * bin_slope);
    const double floor = options.min_derivative;
    const double share = sigmoid(limited(logit) + std::log((1 - floor) / 2));
    return bin_slope * (floor + (3 - floor) * share);
  };
  const bool tails = options.tails == "linear";
  Numbers d = {edge(tails ? 0 : params[2 * bins], slope.front())};
  for (size_t k = 1; k < bins; ++k) {
    const double parabola =
        (slope[k - 1] * width[k] + slope[k] * width[k - 1]) / (width[k - 1] + width[k]);
    d.push_back(std::min({2 * slope[k - 1], 2 * slope[k], parabola}));
  }
  d.push_back(edge(tails ? 0 : params[2 * bins + 1], slope.back()));
  // y = a u^3 + b u^2 + d u + y_k, with u = x - x_k.
  return [=](double at) {
    const size_t k = bin_of(x, at);
    const double u = at - x[k];
    const double a = (d[k] + d[k + 1] - 2 * slope[k]) / (width[k] * width[k]);
    const double b = (3 * slope[k] - 2 * d[k] - d[k + 1]) / width[k];
    return SplinePoint{((a * u + b) * u + d[k]) * u + y[k], (3 * a * u + 2 * b) * u + d[k]};
  };
}

SplineFunction rational_linear_spline_pieces(const double* params, const SplineOptions& options) {
  const auto bins = static_cast<size_t>(options.bins);
  const Numbers x = positions(params, options.min_width, options);
  const Numbers y = positions(params + bins, options.min_height, options);
  const Numbers d = at_knots(params + 2 * bins, 1, options);
  const auto derivatives = static_cast<size_t>(free_derivatives(options));
  Numbers lambda;
  for (size_t k = 0; k < bins; ++k) {
    lambda.push_back(0.025 + 0.95 * sigmoid(limited(params[2 * bins + derivatives + k])));
  }
  return [=](double at) {
    const size_t k = bin_of(x, at);
    const double l = lambda[k];
    const double width = x[k + 1] - x[k];
    const double t = (at - x[k]) / width;
    const double wa = 1;
    const double wb = std::sqrt(d[k] / d[k + 1]) * wa;
    const double slope = (y[k + 1] - y[k]) / width;
    const double wc = (l * wa * d[k] + (1 - l) * wb * d[k + 1]) / slope;
    const double yc = ((1 - l) * wa * y[k] + l * wb * y[k + 1]) / ((1 - l) * wa + l * wb);
    if (t <= l) {
      const double below = wa * (l - t) + wc * t;
      return SplinePoint{(wa * y[k] * (l - t) + wc * yc * t) / below,
                         l * wa * wc * (yc - y[k]) / (below * below) / width};
    }
    const double below = wc * (1 - t) + wb * (t - l);
    return SplinePoint{(wc * yc * (1 - t) + wb * y[k + 1] * (t - l)) / below,
                       (1 - l) * wb * wc * (y[k + 1] - yc) / (below * below) / width};
  };
}

std::vector<Tensor> piecewise_reference(SplinePieces pieces, const Attributes& attributes,
                                        std::span<const Tensor> inputs, bool inverse) {
  const SplineOptions options = spline_options(attributes);
  std::vector<Tensor> outputs = {Tensor(inputs[0].shape), Tensor(inputs[0].shape)};
  const int64_t count = inputs[0].shape.count();
  const int64_t parameters = count == 0 ? 0 : inputs[1].shape.count() / count;
  for (int64_t i = 0; i < count; ++i) {
    double argument = inputs[0][i];
    const bool outside = argument < options.lower || argument > options.upper;
    if (outside && options.tails == "linear") {
      outputs[0][i] = argument;
      continue;
    }
    if (outside && options.tails == "circular") {
      const double period = options.upper - options.lower;
      argument -= period * std::floor((argument - options.lower) / period);
    }
    const SplineFunction f = pieces(inputs[1].data.data() + i * parameters, options);
    const double a = std::clamp(argument, options.lower, options.upper);
    if (!inverse) {
      outputs[0][i] = f(a).y;
      outputs[1][i] = std::log(f(a).derivative);
      continue;
    }
    double low = options.lower;
    double high = options.upper;
    for (int step = 0; step < 100; ++step) {
      const double x = (low + high) / 2;
      (f(x).y < a ? low : high) = x;
    }
    outputs[0][i] = (low + high) / 2;
    outputs[1][i] = -std::log(f((low + high) / 2).derivative);
  }
  return outputs;
}

}  // namespace castalia
