// The two-sample chi-square test of every column.
#include "cpp/referee/metric.h"
#include "cpp/referee/binned.h"
#include "cpp/referee/statistics.h"

namespace castalia::referee {
namespace {

// The test of homogeneity: the variance of a difference of shares is that of the common share.
double chi_square(const Histogram& histogram, std::span<const double> x,
                  std::span<const double> y) {
  double sum = 0;
  for (size_t bin = 0; bin < histogram.bins(); ++bin) {
    const double common =
        histogram.generated_share * x[bin] + (1 - histogram.generated_share) * y[bin];
    const double variance =
        common * (histogram.generated_scale[bin] + histogram.reference_scale[bin]);
    if (variance > 0) sum += (x[bin] - y[bin]) * (x[bin] - y[bin]) / variance;
  }
  return sum;
}

double per_degree_of_freedom(const Histogram& histogram, std::span<const double> x,
                             std::span<const double> y) {
  if (histogram.bins() < 2) return 1;  // a constant column agrees by construction
  return chi_square(histogram, x, y) / static_cast<double>(histogram.bins() - 1);
}

Judgement evaluate_chi_square(const Comparison& comparison, const FieldValues& values, Work& work) {
  const Statistic statistic = per_degree_of_freedom;
  const std::vector<BinnedColumn> columns =
      binned_columns(comparison, values, std::span(&statistic, 1), work);
  Judgement out;
  add_mean(columns, 0, "chi_square_per_degree_of_freedom", out);
  out.figures.front().null_value = 1;
  std::vector<double> degrees, probabilities;
  for (const BinnedColumn& column : columns) {
    const auto degree = static_cast<double>(column.histogram.bins() - 1);
    degrees.push_back(degree);
    probabilities.push_back(chi_square_tail(column.statistics.front().value * degree, degree));
  }
  out.details.push_back({"degrees_of_freedom", degrees});
  out.details.push_back({"p_value", probabilities});
  return out;
}

}  // namespace

const Metric& chi_square_metric() {
  static const Metric metric{
      .name = "chi_square",
      .family = "one_dimensional",
      .summary = "two-sample chi-square per degree of freedom of every column, with p-values",
      .description =
          "The test of homogeneity of a column's two histograms, normalised to each other, with "
          "one degree of freedom less than bins: its mean over the columns, and each in the "
          "details. For equal weights it is Pearson's statistic of the 2 x bins table; with "
          "weights the variance of a bin is scaled by its sum of squared weights over its sum of "
          "weights. Bins that are empty in both samples do not count. A constant column gives 1.",
      .references = {"physics/0605123"},
      .fields = binning_fields(),
      .evaluate = evaluate_chi_square};
  return metric;
}

}  // namespace castalia::referee
