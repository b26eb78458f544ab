// The Wasserstein distance of order one of every column.
#include "cpp/referee/metric.h"
#include "cpp/referee/columns.h"
#include "cpp/referee/prepare.h"

namespace castalia::referee {
namespace {

Judgement evaluate_wasserstein(const Comparison& comparison, const FieldValues& values,
                               Work& work) {
  require_rows(*comparison.generated, "generated", 2, "the Wasserstein distance");
  require_rows(*comparison.reference, "reference", 2, "the Wasserstein distance");
  const SignedEvents events(*comparison.generated, *comparison.reference, work.seed);
  const std::vector<double> factors =
      column_factors(*comparison.reference, scaling(values.text("scaling")));
  std::vector<Replicated> distances(factors.size());
  std::vector<ColumnSorter> sorters(static_cast<size_t>(work.pool.threads()));
  for_each_column(
      *comparison.generated, *comparison.reference, work,
      [&](int64_t column, std::span<const double> x, std::span<const double> y, int thread) {
        PooledColumn pooled;
        sorters[static_cast<size_t>(thread)].sort(x, y, pooled);
        const auto at = static_cast<size_t>(column);
        distances[at] = empirical_distances(pooled, events, false, true).area;
        distances[at] *= factors[at];
      });
  Judgement out;
  out.figures.push_back(mean_of(distances).figure("mean_distance"));
  std::vector<double> value, error, null_value, null_error;
  for (const Replicated& each : distances) {
    const Figure figure = each.figure("");
    value.push_back(figure.value);
    error.push_back(figure.error);
    null_value.push_back(figure.null_value);
    null_error.push_back(figure.null_error);
  }
  out.details = {{"distance", value},
                 {"error", error},
                 {"null_value", null_value},
                 {"null_error", null_error}};
  return out;
}

}  // namespace

const Metric& wasserstein_metric() {
  static const Metric metric{
      .name = "wasserstein",
      .family = "one_dimensional",
      .summary = "Wasserstein-1 distance of every column, exact",
      .description =
          "The area between the empirical distribution functions of a column, in units of the "
          "column's standard deviation in the reference unless `scaling` says otherwise: the mean "
          "over the columns, and each in the details. Weighted events count by their weights. "
          "Errors and null values are from multiplier replicates, which know the correlation of "
          "the columns.",
      .references = {},
      .fields = {scaling_field("standardise")},
      .evaluate = evaluate_wasserstein};
  return metric;
}

}  // namespace castalia::referee
