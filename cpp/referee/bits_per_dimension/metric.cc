// The negative log-likelihood in bits per dimension.
#include <cmath>

#include "cpp/base/status.h"
#include "cpp/referee/metric.h"
#include "cpp/referee/sample.h"

namespace castalia::referee {
namespace {

struct Mean {
  double value = 0;
  double error = 0;
};

Mean weighted_mean(const Dataset& data) {
  const std::vector<double> weights = normalised_weights(data);
  Mean out;
  for (size_t row = 0; row < weights.size(); ++row) out.value += weights[row] * data.x[row];
  for (size_t row = 0; row < weights.size(); ++row) {
    const double deviation = weights[row] * (data.x[row] - out.value);
    out.error += deviation * deviation;
  }
  out.error = std::sqrt(out.error);
  return out;
}

Judgement evaluate_bits_per_dimension(const Comparison& comparison, const FieldValues& values,
                                      Work&) {
  if (comparison.reference->features != 1) {
    fail(Code::shape_mismatch,
         "bits_per_dimension takes one column, the log-densities of the "
         "events, not ",
         comparison.reference->features);
  }
  require_rows(*comparison.generated, "generated", 2, "a mean with an error");
  require_rows(*comparison.reference, "reference", 2, "a mean with an error");
  const double factor = -1 / (static_cast<double>(values.integer("dimensions")) * std::log(2.0));
  const double offset = values.real("offset");
  const Mean truth = weighted_mean(*comparison.reference);
  const Mean own = weighted_mean(*comparison.generated);
  const auto bits = [&](double mean) { return (mean + offset) * factor; };
  Judgement out;
  out.figures.push_back({.name = "bits_per_dimension",
                         .value = bits(truth.value),
                         .error = truth.error * -factor,
                         .null_value = bits(own.value),
                         .null_error = std::hypot(truth.error, own.error) * -factor});
  out.figures.push_back({.name = "negative_log_likelihood",
                         .value = -(truth.value + offset),
                         .error = truth.error,
                         .null_value = -(own.value + offset),
                         .null_error = std::hypot(truth.error, own.error)});
  return out;
}

}  // namespace

const Metric& bits_per_dimension_metric() {
  static const Metric metric{
      .name = "bits_per_dimension",
      .family = "conditional",
      .summary = "negative log-likelihood of the reference, in bits per dimension and in nats",
      .description =
          "Both samples hold one column: the model's log-densities (nats) of reference events and "
          "of events that the model generated. The likelihood is that of the reference; what the "
          "generated events have instead is the model's own entropy, which it would equal if the "
          "model were the truth. Weights are honoured.",
      .references = {"1511.01844"},
      .fields = {{.name = "dimensions",
                  .type = FieldType::integer,
                  .default_value = "",
                  .meaning = "dimensions of the events that have these densities",
                  .least = 1,
                  .greatest = 1e9},
                 {.name = "offset",
                  .type = FieldType::real,
                  .default_value = "0",
                  .meaning =
                      "added to each log-density, as the log-determinant of a change of units"}},
      .evaluate = evaluate_bits_per_dimension};
  return metric;
}

}  // namespace castalia::referee
