#include "bindings/cli/report/axis.h"

#include <algorithm>
#include <cmath>

#include "bindings/cli/report/text.h"

namespace castalia_cli::report {
namespace {

// 1, 2 or 5 times a power of ten: the smallest such number that is not below `least`.
double round_step(double least) {
  double power = std::pow(10.0, std::floor(std::log10(least)));
  // Among denormal numbers the logarithm is finer than the numbers.
  if (!(power > 0)) power = least;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

std::vector<Tick> linear_ticks(const Axis& axis, int about) {
  // In halves: the whole range may be beyond a double.
  const double step = 2 * round_step((axis.upper / 2 - axis.lower / 2) / about);
  std::vector<Tick> out;
  if (!std::isfinite(step) || !(step > 0)) return {{axis.lower, number(axis.lower)}};
  const double margin = 1e-9;
  const double first = std::ceil(axis.lower / step - margin),
               last = std::floor(axis.upper / step + margin);
  // Where the range is a few units of rounding of its limits, marks cannot be told apart.
  if (!(std::fabs(first) < 1e14) || !(std::fabs(last) < 1e14)) {
    return {{axis.lower, number(axis.lower)}};
  }
  // As many digits as tell neighbours apart.
  const double greatest = std::max(std::fabs(first), std::fabs(last));
  const int digits = std::clamp(2 + static_cast<int>(std::log10(std::max(greatest, 1.0))), 3, 15);
  for (double i = first; i <= last; i += 1) out.push_back({i * step, number(i * step, digits)});
  if (out.empty()) out.push_back({axis.lower, number(axis.lower)});
  return out;
}

std::vector<Tick> logarithmic_ticks(const Axis& axis, int about) {
  const double lower = std::log10(axis.lower), upper = std::log10(axis.upper);
  if (!std::isfinite(lower) || !std::isfinite(upper)) {
    return linear_ticks({axis.lower, axis.upper, false}, about);
  }
  const int first = static_cast<int>(std::floor(lower)), last = static_cast<int>(std::ceil(upper));
  const int decades = last - first;
  const int every = std::max(1, (decades + about - 1) / about);
  std::vector<Tick> out;
  int labelled = 0;
  for (int decade = first; decade <= last; ++decade) {
    for (int factor = 1; factor <= 9; ++factor) {
      const double value = factor * std::pow(10.0, decade);
      if (!std::isfinite(value)) continue;
      if (value < axis.lower * (1 - 1e-9) || value > axis.upper * (1 + 1e-9)) continue;
      const bool whole = factor == 1 && (decade - first) % every == 0;
      const bool part = decades <= 2 && (factor == 2 || factor == 5);
      // Small marks would be a smear across many decades.
      if (!whole && !part && every > 1) continue;
      out.push_back({value, whole || part ? number(value) : ""});
      labelled += whole || part ? 1 : 0;
    }
  }
  // Less than a decade, and no 1, 2 or 5 in it twice: as on a linear axis.
  return labelled >= 2 ? out : linear_ticks({axis.lower, axis.upper, false}, about);
}

}  // namespace

double Axis::share(double value) const {
  if (logarithmic) {
    if (!(value > 0)) return -1e9;
    return (std::log(value) - std::log(lower)) / (std::log(upper) - std::log(lower));
  }
  const double extent = upper - lower;
  if (std::isfinite(extent)) return (value - lower) / extent;
  return (value / 2 - lower / 2) / (upper / 2 - lower / 2);
}

double Axis::at(double share) const {
  if (share == 0) return lower;
  if (share == 1) return upper;
  if (logarithmic) return std::exp((1 - share) * std::log(lower) + share * std::log(upper));
  return lower * (1 - share) + upper * share;
}

std::vector<Tick> ticks(const Axis& axis, int about) {
  return axis.logarithmic ? logarithmic_ticks(axis, about) : linear_ticks(axis, about);
}

}  // namespace castalia_cli::report
