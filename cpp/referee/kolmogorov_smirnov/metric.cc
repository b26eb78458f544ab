// The two-sample Kolmogorov-Smirnov test of every column.

#include "cpp/referee/metric.h"
#include "cpp/referee/columns.h"
#include "cpp/referee/sample.h"
#include "cpp/referee/statistics.h"

namespace castalia::referee {
namespace {

Judgement evaluate_kolmogorov_smirnov(const Comparison& comparison, const FieldValues&,
                                      Work& work) {
  require_rows(*comparison.generated, "generated", 4, "the Kolmogorov-Smirnov test");
  require_rows(*comparison.reference, "reference", 4, "the Kolmogorov-Smirnov test");
  const SignedEvents events(*comparison.generated, *comparison.reference, work.seed);
  const auto columns = static_cast<size_t>(comparison.reference->features);
  std::vector<Replicated> distances(columns);
  std::vector<ColumnSorter> sorters(static_cast<size_t>(work.pool.threads()));
  for_each_column(
      *comparison.generated, *comparison.reference, work,
      [&](int64_t column, std::span<const double> x, std::span<const double> y, int thread) {
        PooledColumn pooled;
        sorters[static_cast<size_t>(thread)].sort(x, y, pooled);
        distances[static_cast<size_t>(column)] =
            empirical_distances(pooled, events, true, false).largest;
      });
  const double n = events.effective_generated();
  const double m = events.effective_reference();
  std::vector<double> values;
  std::vector<double> probabilities;
  for (const Replicated& each : distances) {
    values.push_back(each.value);
    probabilities.push_back(kolmogorov_tail(each.value, n * m / (n + m)));
  }
  Judgement out;
  out.figures = {mean_of(distances).figure("mean_distance"),
                 largest_of(distances).figure("largest_distance")};
  out.details = {{"distance", values}, {"p_value", probabilities}};
  return out;
}

}  // namespace

const Metric& kolmogorov_smirnov_metric() {
  static const Metric metric{
      .name = "kolmogorov_smirnov",
      .family = "one_dimensional",
      .summary = "Kolmogorov-Smirnov distance of every column, with p-values",
      .description =
          "The largest difference of the empirical distribution functions of a column: its mean "
          "over the columns, the largest of all, and, in the details, each with its p-value by the "
          "asymptotic law, which is conservative for columns with repeated values. Weighted events "
          "count by their weights, and the law takes the effective numbers of events. Errors and "
          "null values are from multiplier replicates, which know the correlation of the columns.",
      .references = {"Stephens, J. R. Stat. Soc. B 32 (1970) 115"},
      .fields = {},
      .evaluate = evaluate_kolmogorov_smirnov};
  return metric;
}

}  // namespace castalia::referee
