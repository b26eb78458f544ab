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
  std::vector<Replicated> distances =
      wasserstein_distances(*comparison.generated, *comparison.reference, events, work);
  for (size_t i = 0; i < distances.size(); ++i) distances[i] *= factors[i];
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
