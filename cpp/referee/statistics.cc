#include "cpp/referee/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cpp/base/special_functions.h"

namespace castalia::referee {
namespace {

constexpr double kPrecision = 1e-15;
constexpr int kMostTerms = 10000;

// The regularised incomplete gamma functions: below by its series, above by Lentz's continued
// fraction.
double gamma_below(double a, double x) {
  double term = 1 / a;
  double sum = term;
  for (int n = 1; n < kMostTerms && term > sum * kPrecision; ++n) {
    term *= x / (a + n);
    sum += term;
  }
  return sum * std::exp(a * std::log(x) - x - log_gamma(a));
}

double gamma_above(double a, double x) {
  constexpr double kTiny = 1e-300;
  double b = x + 1 - a;
  double c = 1 / kTiny;
  double d = 1 / b;
  double h = d;
  for (int n = 1; n < kMostTerms; ++n) {
    const double factor = -n * (n - a);
    b += 2;
    d = factor * d + b;
    d = 1 / (std::abs(d) < kTiny ? kTiny : d);
    c = b + factor / c;
    if (std::abs(c) < kTiny) c = kTiny;
    h *= d * c;
    if (std::abs(d * c - 1) < kPrecision) break;
  }
  return h * std::exp(a * std::log(x) - x - log_gamma(a));
}

}  // namespace

double chi_square_tail(double value, double degrees) {
  if (!(value > 0) || degrees <= 0) return 1;
  const double a = degrees / 2;
  const double x = value / 2;
  return x < a + 1 ? 1 - gamma_below(a, x) : gamma_above(a, x);
}

double kolmogorov_tail(double distance, double events) {
  const double root = std::sqrt(events);
  const double lambda = (root + 0.12 + 0.11 / root) * distance;
  // The series below converges slowly near zero, where the probability is one.
  if (lambda < 0.2) return 1;
  double sum = 0;
  double sign = 2;
  for (int n = 1; n <= 100; ++n) {
    const double term = sign * std::exp(-2 * n * n * lambda * lambda);
    sum += term;
    if (std::abs(term) <= kPrecision) break;
    sign = -sign;
  }
  return std::clamp(sum, 0.0, 1.0);
}

Summary summarise(std::span<const double> values) {
  Summary out;
  const auto count = static_cast<double>(values.size());
  for (const double value : values) out.mean += value / count;
  double squares = 0;
  for (const double value : values) squares += (value - out.mean) * (value - out.mean);
  out.deviation = values.size() > 1 ? std::sqrt(squares / (count - 1))
                                    : std::numeric_limits<double>::quiet_NaN();
  return out;
}

double quantile(std::span<const double> values, double share) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace castalia::referee
