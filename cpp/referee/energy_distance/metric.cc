// The energy distance.
#include <cmath>

#include "cpp/referee/kernel_sums.h"
#include "cpp/referee/metric.h"
#include "cpp/referee/prepare.h"

namespace castalia::referee {
namespace {

Judgement evaluate_energy_distance(const Comparison& comparison, const FieldValues& values,
                                   Work& work) {
  const RowPair rows = prepared(comparison, values, work.seed, 2, "energy_distance");
  const Kernel kernel{.form = Kernel::Form::energy, .name = "energy"};
  const Discrepancy found =
      discrepancies(rows.generated, rows.reference, std::span(&kernel, 1), work).front();
  Judgement out;
  out.figures.push_back({.name = "energy_distance",
                         .value = found.value,
                         .error = found.error,
                         .null_value = 0,
                         .null_error = found.null_error});
  out.details.push_back({"biased", found.biased});
  out.details.push_back({"root_of_biased", std::sqrt(std::max(found.biased, 0.0))});
  out.details.push_back({"events.generated", static_cast<double>(rows.generated.count)});
  out.details.push_back({"events.reference", static_cast<double>(rows.reference.count)});
  return out;
}

}  // namespace

const Metric& energy_distance_metric() {
  static const Metric metric{
      .name = "energy_distance",
      .family = "kernel",
      .summary = "energy distance, 2 E|x - y| - E|x - x'| - E|y - y'|",
      .description =
          "The unbiased estimate, over pairs of different events: zero on average for equal "
          "distributions, and possibly negative. The details give the V-statistic and its root, "
          "which is SciPy's energy_distance in one dimension. Errors are those of a U-statistic, "
          "as for mmd. Weights multiply the terms.",
      .references = {"Szekely and Rizzo, J. Stat. Plan. Inference 143 (2013) 1249"},
      .fields = {events_field(10000), scaling_field("standardise")},
      .evaluate = evaluate_energy_distance};
  return metric;
}

}  // namespace castalia::referee
