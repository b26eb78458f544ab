// Kullback-Leibler and Jensen-Shannon divergence of the histograms of every column.
#include <array>
#include <cmath>

#include "cpp/referee/binned.h"
#include "cpp/referee/metric.h"

namespace castalia::referee {
namespace {

// p log(p / q) with its limit; replicates may push an empty bin below zero.
double term(double p, double q) { return p > 0 && q > 0 ? p * std::log(p / q) : 0.0; }

double kullback_leibler(const Histogram& histogram, std::span<const double> x,
                        std::span<const double> y) {
  double sum = 0;
  for (size_t bin = 0; bin < histogram.bins(); ++bin) {
    // A bin without reference events is taken to hold half of one.
    sum += term(x[bin], y[bin] > 0 ? y[bin] : histogram.reference_scale[bin] / 2);
  }
  return sum;
}

double jensen_shannon(const Histogram& histogram, std::span<const double> x,
                      std::span<const double> y) {
  double sum = 0;
  for (size_t bin = 0; bin < histogram.bins(); ++bin) {
    const double middle = (x[bin] + y[bin]) / 2;
    sum += term(x[bin], middle) + term(y[bin], middle);
  }
  return sum / 2;
}

Judgement evaluate_binned_divergence(const Comparison& comparison, const FieldValues& values,
                                     Work& work) {
  const std::array<Statistic, 2> statistics = {kullback_leibler, jensen_shannon};
  const std::vector<BinnedColumn> columns = binned_columns(comparison, values, statistics, work);
  Judgement out;
  add_mean(columns, 1, "jensen_shannon", out);
  add_mean(columns, 0, "kullback_leibler", out);
  return out;
}

}  // namespace

const Metric& binned_divergence_metric() {
  static const Metric metric{
      .name = "binned_divergence",
      .family = "one_dimensional",
      .summary = "Jensen-Shannon and Kullback-Leibler divergence of every column's histograms",
      .description =
          "In nats: jensen_shannon is at most log 2; kullback_leibler is that of the generated "
          "from "
          "the reference, in which a bin without reference events is taken to hold half of one. "
          "The "
          "mean over the columns, and each in the details.",
      .references = {},
      .fields = binning_fields(),
      .evaluate = evaluate_binned_divergence};
  return metric;
}

}  // namespace castalia::referee
