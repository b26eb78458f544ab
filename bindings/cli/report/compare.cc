#include "bindings/cli/report/compare.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace castalia_cli::report {
namespace {

using Values = std::vector<double>;

constexpr double kTail = 0.001;
constexpr int kFewestBins = 10, kMostBins = 50;
constexpr double kDecadesOfLogarithm = 2;

double quantile(const Values& ascending, double share) {
  const double place = share * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, ascending.size() - 1);
  const double part = place - static_cast<double>(below);
  return ascending[below] * (1 - part) + ascending[above] * part;
}

struct Range {
  double lower = 0, upper = 0;
};

Range central(const Values& ascending) {
  return {quantile(ascending, kTail), quantile(ascending, 1 - kTail)};
}

Range common_range(const Values& generated, const Values& reference) {
  if (generated.empty() && reference.empty()) return {0, 1};
  if (generated.empty()) return central(reference);
  if (reference.empty()) return central(generated);
  const Range truth = central(reference), other = central(generated);
  const double room = std::min(truth.upper - truth.lower, std::numeric_limits<double>::max());
  // A constant says nothing about how far is far.
  if (room == 0) return {std::min(truth.lower, other.lower), std::max(truth.upper, other.upper)};
  return {std::min(truth.lower, std::max(other.lower, truth.lower - room)),
          std::max(truth.upper, std::min(other.upper, truth.upper + room))};
}

Range whole_range(const Values& generated, const Values& reference) {
  if (generated.empty() && reference.empty()) return {0, 1};
  if (generated.empty()) return {reference.front(), reference.back()};
  if (reference.empty()) return {generated.front(), generated.back()};
  return {std::min(generated.front(), reference.front()),
          std::max(generated.back(), reference.back())};
}

bool all_whole(const Values& values) {
  return std::all_of(values.begin(), values.end(),
                     [](double v) { return v == std::floor(v) && std::fabs(v) < 1e9; });
}

// Evenly across decades: the median lies nearer to the geometric than to the arithmetic middle.
bool wants_logarithm(const Range& range, const Values& ascending) {
  if (ascending.empty() || !(range.lower > 0)) return false;
  const double decades = std::log10(range.upper) - std::log10(range.lower);
  if (decades < kDecadesOfLogarithm) return false;
  const double median = std::log10(quantile(ascending, 0.5));
  const double geometric = std::log10(range.lower) / 2 + std::log10(range.upper) / 2;
  const double arithmetic = std::log10(range.lower / 2 + range.upper / 2);
  return std::fabs(median - geometric) < std::fabs(median - arithmetic);
}

// Some room on both sides of a range without extent.
Axis widened(double value) {
  const double room = std::max(0.5, std::fabs(value) * 0.05);
  constexpr double kMost = std::numeric_limits<double>::max();
  return {std::max(value - room, -kMost), std::min(value + room, kMost), false};
}

// Bins with under- and overflow, joined from the left until each holds enough.
struct Joined {
  Values one, other;
};

Joined join(const Histogram& one, const Histogram& other) {
  Joined out;
  double a = 0, b = 0;
  const auto add = [&](int64_t more, int64_t others) {
    a += static_cast<double>(more);
    b += static_cast<double>(others);
    if (a + b < kLeastCount) return;
    out.one.push_back(a);
    out.other.push_back(b);
    a = b = 0;
  };
  add(one.below, other.below);
  for (size_t i = 0; i < one.counts.size(); ++i) add(one.counts[i], other.counts[i]);
  add(one.above, other.above);
  if (out.one.empty()) {
    out.one.push_back(a);
    out.other.push_back(b);
  } else {
    out.one.back() += a;
    out.other.back() += b;
  }
  return out;
}

// The normal deviate of a chi2 (Wilson and Hilferty): right to a few percent up to many sigmas.
double normal_deviate(double chi2, int ndf) {
  const double part = 2.0 / (9.0 * ndf);
  return (std::cbrt(chi2 / ndf) - (1 - part)) / std::sqrt(part);
}

// Area between two distribution functions, and the integral of sqrt(F (1 - F)) of both together.
struct Areas {
  double between = 0, spread = 0;
};

Areas areas(const Values& one, const Values& other) {
  const double n = static_cast<double>(one.size()), m = static_cast<double>(other.size());
  Areas out;
  for (size_t i = 0, j = 0; i < one.size() || j < other.size();) {
    const double at = j == other.size() ? one[i]
                      : i == one.size() ? other[j]
                                        : std::min(one[i], other[j]);
    while (i < one.size() && one[i] <= at) ++i;
    while (j < other.size() && other[j] <= at) ++j;
    if (i == one.size() && j == other.size()) break;
    const double next = j == other.size() ? one[i]
                        : i == one.size() ? other[j]
                                          : std::min(one[i], other[j]);
    const double f = static_cast<double>(i) / n, g = static_cast<double>(j) / m;
    const double both = static_cast<double>(i + j) / (n + m);
    out.between += std::fabs(f - g) * (next - at);
    out.spread += std::sqrt(both * (1 - both)) * (next - at);
  }
  return out;
}

}  // namespace

Binning choose_binning(const Values& generated, const Values& reference) {
  Range range = common_range(generated, reference);
  // Nearly all events have one value: what the others have decides.
  if (range.lower == range.upper) range = whole_range(generated, reference);
  if (range.lower == range.upper) return {widened(range.lower), 1, false};
  const size_t fewer = generated.empty()   ? reference.size()
                       : reference.empty() ? generated.size()
                                           : std::min(generated.size(), reference.size());
  const int bins = std::clamp(static_cast<int>(2 * std::cbrt(static_cast<double>(fewer))),
                              kFewestBins, kMostBins);
  if (all_whole(generated) && all_whole(reference)) {
    const double first = std::floor(range.lower), last = std::ceil(range.upper);
    const double values = last - first + 1;
    const double width = std::ceil(values / std::max(bins, kMostBins));
    const double number = std::ceil(values / width);
    return {{first - 0.5, first - 0.5 + number * width, false}, static_cast<int>(number), true};
  }
  const bool logarithmic = wants_logarithm(range, reference.empty() ? generated : reference);
  return {{range.lower, range.upper, logarithmic}, bins, false};
}

int64_t Histogram::total() const {
  return std::accumulate(counts.begin(), counts.end(), below + above);
}

Histogram fill(const Binning& binning, const Values& values) {
  Histogram out;
  out.counts.resize(static_cast<size_t>(binning.bins));
  for (const double value : values) {
    if (value < binning.axis.lower) {
      ++out.below;
    } else if (value > binning.axis.upper) {
      ++out.above;
    } else {
      const int bin = static_cast<int>(binning.axis.share(value) * binning.bins);
      ++out.counts[static_cast<size_t>(std::clamp(bin, 0, binning.bins - 1))];
    }
  }
  return out;
}

double Distance::deviation() const {
  const double mean = std::fabs(mean_deviation);
  if (std::isnan(shape_deviation)) return mean;
  return std::isnan(mean) ? shape_deviation : std::max(shape_deviation, mean);
}

Distance distance(const Binning& binning, const Values& one, const Values& other) {
  Distance out;
  if (one.empty() || other.empty()) return out;
  const double n = static_cast<double>(one.size()), m = static_cast<double>(other.size());
  const Joined joined = join(fill(binning, one), fill(binning, other));
  out.chi2 = out.separation = 0;
  for (size_t i = 0; i < joined.one.size(); ++i) {
    const double a = joined.one[i], b = joined.other[i];
    const double difference = std::sqrt(m / n) * a - std::sqrt(n / m) * b;
    out.chi2 += difference * difference / (a + b);
    const double p = a / n, q = b / m;
    out.separation += 0.5 * (p - q) * (p - q) / (p + q);
  }
  out.ndf = static_cast<int>(joined.one.size()) - 1;
  if (out.ndf > 0) out.shape_deviation = normal_deviate(out.chi2, out.ndf);
  out.separation_expected = 0.25 * out.ndf * (1 / n + 1 / m);

  const Summary a = summarise(one), b = summarise(other);
  const double error = std::sqrt(a.spread * a.spread / n + b.spread * b.spread / m);
  if (a.mean == b.mean) {
    out.mean_deviation = 0;
  } else if (std::isfinite(error) && error > 0) {
    out.mean_deviation = (a.mean - b.mean) / error;
  }

  const Areas area = areas(one, other);
  out.wasserstein = area.between;
  out.wasserstein_expected = std::sqrt(2 / std::numbers::pi * (1 / n + 1 / m)) * area.spread;
  return out;
}

Values sorted(const Values& values) {
  Values out;
  out.reserve(values.size());
  std::copy_if(values.begin(), values.end(), std::back_inserter(out),
               [](double value) { return std::isfinite(value); });
  std::sort(out.begin(), out.end());
  return out;
}

Summary summarise(const Values& values) {
  const Values ascending = sorted(values);
  Summary out;
  out.events = static_cast<int64_t>(values.size());
  out.not_finite = out.events - static_cast<int64_t>(ascending.size());
  if (ascending.empty()) return out;
  const double n = static_cast<double>(ascending.size());
  out.least = ascending.front();
  out.greatest = ascending.back();
  out.median = quantile(ascending, 0.5);
  if (out.least == out.greatest) {
    // No sum of roundings: a constant has exactly its value and no spread.
    out.mean = out.least;
    out.spread = 0;
    return out;
  }
  out.mean = 0;
  for (const double value : ascending) out.mean += value / n;
  double squares = 0;
  for (const double value : ascending) squares += (value - out.mean) * (value - out.mean) / n;
  out.spread = std::sqrt(squares);
  return out;
}

}  // namespace castalia_cli::report
