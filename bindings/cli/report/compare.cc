#include "bindings/cli/report/compare.h"

#include <algorithm>
#include <cmath>
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

// Where half of the weight lies below; between two values where it is exactly half.
double median(const Weighted& sample, double total) {
  double below = 0;
  for (size_t i = 0; i < sample.values.size(); ++i) {
    below += sample.weights[i];
    if (2 * below < total) continue;
    const bool between = 2 * below == total && i + 1 < sample.values.size();
    return between ? sample.values[i] / 2 + sample.values[i + 1] / 2 : sample.values[i];
  }
  return sample.values.back();
}

}  // namespace

Binning choose_binning(const Weighted& generated_sample, const Weighted& reference_sample) {
  const Values &generated = generated_sample.values, &reference = reference_sample.values;
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

double Histogram::total() const {
  return std::accumulate(counts.begin(), counts.end(), below + above);
}

Histogram fill(const Binning& binning, const Weighted& values) {
  Histogram out;
  out.counts.resize(static_cast<size_t>(binning.bins));
  out.squares.resize(static_cast<size_t>(binning.bins));
  for (size_t i = 0; i < values.values.size(); ++i) {
    const double value = values.values[i], weight = values.weights[i];
    if (value < binning.axis.lower) {
      out.below += weight;
    } else if (value > binning.axis.upper) {
      out.above += weight;
    } else {
      const int place = static_cast<int>(binning.axis.share(value) * binning.bins);
      const auto bin = static_cast<size_t>(std::clamp(place, 0, binning.bins - 1));
      out.counts[bin] += weight;
      out.squares[bin] += weight * weight;
    }
  }
  return out;
}

Weighted sorted(const Values& values, const Values& weights) {
  std::vector<size_t> order;
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return values[a] < values[b]; });
  Weighted out;
  for (const size_t i : order) {
    out.values.push_back(values[i]);
    out.weights.push_back(weights.empty() ? 1.0 : weights[i]);
  }
  return out;
}

Summary summarise(const Weighted& values, int64_t events) {
  Summary out;
  out.events = events;
  out.not_finite = events - static_cast<int64_t>(values.values.size());
  double total = 0, squares = 0;
  for (const double weight : values.weights) {
    total += weight;
    squares += weight * weight;
  }
  if (!(total > 0)) return out;
  out.effective = total * total / squares;
  out.least = values.values.front();
  out.greatest = values.values.back();
  out.median = median(values, total);
  if (out.least == out.greatest) {
    // No sum of roundings: a constant has exactly its value and no spread.
    out.mean = out.least;
    out.spread = 0;
    return out;
  }
  out.mean = 0;
  for (size_t i = 0; i < values.values.size(); ++i) {
    out.mean += values.values[i] * (values.weights[i] / total);
  }
  double variance = 0;
  for (size_t i = 0; i < values.values.size(); ++i) {
    const double off = values.values[i] - out.mean;
    variance += off * off * (values.weights[i] / total);
  }
  out.spread = std::sqrt(variance);
  return out;
}

double mean_deviation(const Summary& one, const Summary& other) {
  if (std::isnan(one.mean) || std::isnan(other.mean)) return kUnknown;
  if (one.mean == other.mean) return 0;
  const double error = std::sqrt(one.spread * one.spread / one.effective +
                                 other.spread * other.spread / other.effective);
  return std::isfinite(error) && error > 0 ? (one.mean - other.mean) / error : kUnknown;
}

double normal_deviate(double chi2, int ndf) {
  const double part = 2.0 / (9.0 * ndf);
  return (std::cbrt(chi2 / ndf) - (1 - part)) / std::sqrt(part);
}

}  // namespace castalia_cli::report
