#include "cpp/ops/monotone_reference.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cpp/ops/affine_map/op.h"
#include "cpp/ops/monotone_parts.h"
#include "cpp/ops/sigmoid_mixture.h"
#include "cpp/ops/sum_of_squares/op.h"
#include "cpp/ops/unconstrained_monotonic/op.h"

namespace castalia {
namespace {

using MapNumbers = std::vector<double>;

double within(double x, double limit) { return std::clamp(x, -limit, limit); }
double softly_within(double raw, double limit) {
  const double r = within(raw, kLargestRaw);
  return r / (1 + std::abs(r) / limit);
}
double scale_from(double raw) { return std::exp(softly_within(raw, kLargestLogScale)); }
double log_sigmoid(double u) { return std::min(u, 0.0) - std::log1p(std::exp(-std::abs(u))); }
double soft_plus(double u) { return -log_sigmoid(-u); }

double log_of_sum(const MapNumbers& logs) {
  const double largest = *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (const double each : logs) sum += std::exp(each - largest);
  return largest + std::log(sum);
}

// Equations 13 to 15 of arXiv:1902.00275 and 8 of arXiv:1804.00779 in logarithms: F, 1 - F and F'.
MapFunction mixture_function(const double* logits, MapNumbers slopes, MapNumbers offsets,
                             double rest) {
  const size_t members = slopes.size();
  const MapNumbers weights(logits, logits + members);
  const double total = log_of_sum(weights);
  return [=](double x) {
    MapNumbers below, above, density;
    for (size_t k = 0; k < members; ++k) {
      const double u = slopes[k] * x + offsets[k];
      below.push_back(weights[k] - total + log_sigmoid(u));
      above.push_back(weights[k] - total + log_sigmoid(-u));
      density.push_back(weights[k] - total + std::log(slopes[k]) + log_sigmoid(u) +
                        log_sigmoid(-u));
    }
    const double f = log_of_sum(below);
    const double g = log_of_sum(above);
    return MapPoint{(1 - rest) * (f - g) + rest * x,
                    std::log((1 - rest) * std::exp(log_of_sum(density) - f - g) + rest)};
  };
}

// Inside [lower, upper] from a function of the place in [-1, 1]; tangents outside.
MapFunction continued_function(double lower, double upper, double shift,
                               std::function<double(double)> integral,
                               std::function<double(double)> derivative) {
  return [=](double x) {
    const double t = std::clamp(x, lower, upper);
    const double middle = (lower + upper) / 2;
    const double half = (upper - lower) / 2;
    const double place = (t - middle) / half;
    const double slope = derivative(place);
    return MapPoint{middle + shift + half * integral(place) + slope * (x - t), std::log(slope)};
  };
}

double bisected(const MapFunction& f, double y) {
  double low = -1;
  double high = 1;
  while (f(low).y > y) low *= 2;
  while (f(high).y < y) high *= 2;
  for (int step = 0; step < 200; ++step) {
    const double x = low + (high - low) / 2;
    (f(x).y < y ? low : high) = x;
  }
  return low + (high - low) / 2;
}

}  // namespace

MapFunction additive_function(const double* params, const Attributes&) {
  const double shift = params[0];
  return [=](double x) { return MapPoint{x + shift, 0}; };
}

MapFunction affine_function(const double* params, const Attributes& attributes) {
  const AffineMapOptions options = affine_map_options(attributes);
  const double shift = params[0];
  const double scale = options.scale == "bounded_exponential"
                           ? std::exp(softly_within(params[1], -std::log(options.min_scale)))
                       : options.scale == "sigmoid"
                           ? 1 / (1 + std::exp(-params[1] - 2)) + options.min_scale
                           : soft_plus(params[1]) + options.min_scale;
  return [=](double x) { return MapPoint{scale * x + shift, std::log(scale)}; };
}

MapFunction squared_function(const double* params, const Attributes&) {
  const double b = params[0];
  const double a = scale_from(params[1]);
  const double d = scale_from(params[2]);
  const double c = kLargestBend * std::tanh(params[3]) * 8 * std::sqrt(3) / 9 * a / d;
  const double g = params[4];
  return [=](double x) {
    const double z = d * x + g;
    const double hill = 1 / (1 + z * z);
    return MapPoint{a * x + b + c * hill, std::log(a - 2 * c * d * z * hill * hill)};
  };
}

MapFunction logistic_mixture_function(const double* params, const Attributes& attributes) {
  const SigmoidMixtureOptions options = sigmoid_mixture_options(attributes);
  const auto members = static_cast<int>(options.components);
  MapNumbers slopes, offsets;
  for (int k = 0; k < members; ++k) {
    const double mean = params[members + k] + start_of_member(k, members, kMeanSpread);
    slopes.push_back(1 / scale_from(params[2 * members + k]));
    offsets.push_back(-slopes.back() * mean);
  }
  const double shift = params[3 * members];
  const double scale = scale_from(params[3 * members + 1]);
  const MapFunction mixture = mixture_function(params, slopes, offsets, options.min_derivative);
  return [=](double x) {
    const MapPoint point = mixture(x);
    return MapPoint{scale * point.y + shift, point.log_derivative + std::log(scale)};
  };
}

MapFunction deep_sigmoid_function(const double* params, const Attributes& attributes) {
  const SigmoidMixtureOptions options = sigmoid_mixture_options(attributes);
  const auto members = static_cast<int>(options.components);
  const double rest = options.min_derivative;
  MapNumbers slopes, offsets;
  for (int k = 0; k < members; ++k) {
    const double raw = within(params[2 * members + k], kLargestSoftplusRaw);
    slopes.push_back(rest + soft_plus(raw + std::log(std::expm1(1 - rest))));
    offsets.push_back(params[members + k] - start_of_member(k, members, kMeanSpread));
  }
  return mixture_function(params, slopes, offsets, rest);
}

MapFunction sum_of_squares_function(const double* params, const Attributes& attributes) {
  const SumOfSquaresOptions options = sum_of_squares_options(attributes);
  const auto members = static_cast<int>(options.polynomials);
  const auto degree = static_cast<size_t>(options.degree);
  // The coefficients of the derivative, a polynomial of twice the degree.
  MapNumbers squares(2 * degree + 1);
  for (int k = 0; k < members; ++k) {
    MapNumbers p(params, params + degree + 1);
    params += degree + 1;
    p[0] += 1;
    p[1] += start_of_member(k, members, kSlopeSpread);
    for (size_t i = 0; i <= degree; ++i) {
      for (size_t j = 0; j <= degree; ++j) squares[i + j] += p[i] * p[j] / members;
    }
  }
  for (double& each : squares) each *= 1 - options.min_derivative;
  squares[0] += options.min_derivative;
  const auto derivative = [=](double s) {
    double sum = 0;
    for (size_t n = squares.size(); n-- > 0;) sum = sum * s + squares[n];
    return sum;
  };
  const auto integral = [=](double s) {
    double sum = 0;
    for (size_t n = squares.size(); n-- > 0;) {
      sum = sum * s + squares[n] / static_cast<double>(n + 1);
    }
    return sum * s;
  };
  return continued_function(options.lower, options.upper, *params, integral, derivative);
}

MapFunction unconstrained_monotonic_function(const double* params, const Attributes& attributes) {
  const UnconstrainedMonotonicOptions options = unconstrained_monotonic_options(attributes);
  const auto units = static_cast<int>(options.units);
  const MapNumbers raw(params, params + 3 * units + 2);
  const auto at = [=](int i) { return raw[static_cast<size_t>(i)]; };
  const double largest = kLargestLogScale / 2;
  const auto derivative = [=](double s) {
    double sum = softly_within(at(3 * units + 1), largest);
    for (int j = 0; j < units; ++j) {
      const double slope = kUnitSlope + softly_within(at(units + j), kUnitSlopeRange);
      const double offset = softly_within(at(2 * units + j), kUnitOffsetRange) -
                            kUnitSlope * start_of_member(j, units, 1);
      sum += softly_within(at(j), largest / units) * std::tanh(slope * s + offset);
    }
    return std::exp(sum);
  };
  const Quadrature rule = clenshaw_curtis(static_cast<int>(options.nodes));
  const auto integral = [=](double s) {
    double sum = 0;
    for (size_t i = 0; i < rule.nodes.size(); ++i) {
      sum += rule.weights[i] * derivative(s * rule.nodes[i]);
    }
    return sum * s;
  };
  return continued_function(options.lower, options.upper, at(3 * units), integral, derivative);
}

std::vector<Tensor> monotone_reference(MakeMap make, const Attributes& attributes,
                                       std::span<const Tensor> inputs, bool inverse) {
  std::vector<Tensor> outputs = {Tensor(inputs[0].shape), Tensor(inputs[0].shape)};
  const int64_t count = inputs[0].shape.count();
  const int64_t parameters = count == 0 ? 0 : inputs[1].shape.count() / count;
  for (int64_t i = 0; i < count; ++i) {
    const double argument = inputs[0][i];
    if (std::isnan(argument)) {
      outputs[0][i] = outputs[1][i] = std::numeric_limits<double>::quiet_NaN();
      continue;
    }
    const double a = within(argument, kLargestArgument);
    const MapFunction f = make(inputs[1].data.data() + i * parameters, attributes);
    const double x = inverse ? within(bisected(f, a), kLargestArgument) : a;
    const MapPoint point = f(x);
    outputs[0][i] = inverse ? x : point.y;
    outputs[1][i] = inverse ? -point.log_derivative : point.log_derivative;
  }
  return outputs;
}

}  // namespace castalia
