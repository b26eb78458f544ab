// Whether posterior samples are calibrated: ranks of the truth, and coverage of intervals.
#include <algorithm>
#include <cmath>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/referee/metric.h"
#include "cpp/referee/sample.h"
#include "cpp/referee/statistics.h"

namespace castalia::referee {
namespace {

// Mean and standard deviation of the limit of sqrt(n) times the Kolmogorov-Smirnov distance:
// sqrt(pi / 2) log 2, and the root of pi^2 / 12 less its square.
constexpr double kKolmogorovMean = 0.868731160636160;
constexpr double kKolmogorovDeviation = 0.260332723461350;

// The probability integral transform of every truth among its samples, (rows, columns). Ties and
// the gaps between ranks are filled with uniform numbers, so that it is uniform when the truth is
// one more sample.
std::vector<double> transforms(const Dataset& samples, const Dataset& truth, uint64_t seed) {
  const int64_t columns = truth.features;
  const int64_t draws = samples.rows / truth.rows;
  std::vector<double> out(static_cast<size_t>(truth.rows * columns));
  for (int64_t row = 0; row < truth.rows; ++row) {
    const Stream stream{.seed = seed, .event = static_cast<uint64_t>(row), .stage = kTies};
    for (int64_t j = 0; j < columns; ++j) {
      const auto at = static_cast<size_t>(row * columns + j);
      double below = 0;
      double equal = 0;
      double total = 0;
      for (int64_t draw = row * draws; draw < (row + 1) * draws; ++draw) {
        const double weight =
            samples.weights.empty() ? 1.0 : samples.weights[static_cast<size_t>(draw)];
        const double x = samples.x[static_cast<size_t>(draw * columns + j)];
        total += weight;
        if (x < truth.x[at]) below += weight;
        if (x == truth.x[at]) equal += weight;
      }
      if (total <= 0) {
        fail(Code::out_of_range, "calibration: the weights of the samples of row ", row,
             " sum to zero");
      }
      const double own = total / static_cast<double>(draws);  // the truth's
      out[at] = (below + uniform(stream, static_cast<uint32_t>(j)) * (equal + own)) / (total + own);
    }
  }
  return out;
}

// The largest distance between the weighted distribution of a column and the uniform one.
double distance_to_uniform(std::span<const double> transforms, int64_t columns, int64_t column,
                           std::span<const double> weights) {
  std::vector<std::pair<double, double>> sorted;
  for (size_t row = 0; row < weights.size(); ++row) {
    sorted.emplace_back(
        transforms[row * static_cast<size_t>(columns) + static_cast<size_t>(column)], weights[row]);
  }
  std::sort(sorted.begin(), sorted.end());
  double below = 0;
  double largest = 0;
  for (const auto& [u, weight] : sorted) {
    largest = std::max(largest, std::abs(u - below));
    below += weight;
    largest = std::max(largest, std::abs(u - below));
  }
  return largest;
}

Judgement evaluate_calibration(const Comparison& comparison, const FieldValues& values,
                               Work& work) {
  const Dataset& samples = *comparison.generated;
  const Dataset& truth = *comparison.reference;
  require_rows(truth, "reference", 4, "a test of calibration");
  if (samples.rows % truth.rows != 0) {
    fail(Code::shape_mismatch, "calibration: the generated sample has ", samples.rows,
         " rows, which is no multiple of the ", truth.rows,
         " of the reference: each truth needs the same number of posterior samples, one after "
         "another");
  }
  const std::vector<double> weights = normalised_weights(truth);
  const double events = effective_rows(weights);
  const std::vector<double> all = transforms(samples, truth, work.seed);
  const int64_t columns = truth.features;

  std::vector<double> distances, probabilities;
  double mean = 0;
  for (int64_t column = 0; column < columns; ++column) {
    const double distance = distance_to_uniform(all, columns, column, weights);
    distances.push_back(distance);
    probabilities.push_back(kolmogorov_tail(distance, events));
    mean += distance / static_cast<double>(columns);
  }
  const double root = std::sqrt(events);
  Judgement out;
  // Columns may be as good as equal, so their mean is given the error of one.
  out.figures.push_back({.name = "distance_to_uniform",
                         .value = mean,
                         .error = 0.5 / root,
                         .null_value = kKolmogorovMean / root,
                         .null_error = kKolmogorovDeviation / root});
  for (const double level : values.reals("levels")) {
    double covered = 0;
    for (size_t i = 0; i < all.size(); ++i) {
      if (std::abs(all[i] - 0.5) <= level / 2) covered += weights[i / static_cast<size_t>(columns)];
    }
    covered /= static_cast<double>(columns);
    out.figures.push_back({.name = text("coverage_", level),
                           .value = covered,
                           .error = std::sqrt(covered * (1 - covered) / events),
                           .null_value = level,
                           .null_error = std::sqrt(level * (1 - level) / events)});
  }
  out.details = {{"distance", distances}, {"p_value", probabilities}};
  return out;
}

}  // namespace

const Metric& calibration_metric() {
  static const Metric metric{
      .name = "calibration",
      .family = "conditional",
      .summary = "calibration of posterior samples: uniformity of ranks, coverage of intervals",
      .description =
          "The reference holds true values, the generated sample an equal number of posterior "
          "samples of each, one after another. The rank of a truth among its samples, brought to "
          "(0, 1), is the probability integral transform: uniform when the posterior is right. "
          "distance_to_uniform is its Kolmogorov-Smirnov distance, the mean over columns; "
          "coverage_<level> the share of truths in the central interval of that probability. With "
          "log-densities of the truth and of the samples as the one column, the same tests the "
          "coverage of highest-density regions. Weights of samples and of truths are honoured.",
      .references = {"1804.06788"},
      .fields = {{.name = "levels",
                  .type = FieldType::real_list,
                  .default_value = "[0.5, 0.6827, 0.9, 0.9545]",
                  .meaning = "probabilities of the central intervals",
                  .least = 0,
                  .greatest = 1}},
      .evaluate = evaluate_calibration};
  return metric;
}

}  // namespace castalia::referee
