// The separation power of every column.
#include "cpp/referee/metric.h"
#include "cpp/referee/binned.h"

namespace castalia::referee {
namespace {

double separation(const Histogram& histogram, std::span<const double> x,
                  std::span<const double> y) {
  double sum = 0;
  for (size_t bin = 0; bin < histogram.bins(); ++bin) {
    const double both = x[bin] + y[bin];
    if (both > 0) sum += (x[bin] - y[bin]) * (x[bin] - y[bin]) / both;
  }
  return sum / 2;
}

Judgement evaluate_separation_power(const Comparison& comparison, const FieldValues& values,
                                    Work& work) {
  const Statistic statistic = separation;
  Judgement out;
  add_mean(binned_columns(comparison, values, std::span(&statistic, 1), work), 0,
           "separation_power", out);
  return out;
}

}  // namespace

const Metric& separation_power_metric() {
  static const Metric metric{
      .name = "separation_power",
      .family = "one_dimensional",
      .summary = "separation power of every column: 0 for equal histograms, 1 for disjoint ones",
      .description =
          "Half the sum over bins of (p - q)^2 / (p + q), p and q being the shares of the two "
          "samples: the triangular discrimination that the CaloChallenge quotes. The mean over the "
          "columns, and each in the details.",
      .references = {"2410.21611"},
      .fields = binning_fields(),
      .evaluate = evaluate_separation_power};
  return metric;
}

}  // namespace castalia::referee
