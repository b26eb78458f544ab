// The kernel physics distance, as arXiv:2211.10295 and the package jetnet define it.
#include <cmath>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/referee/kernel_sums.h"
#include "cpp/referee/metric.h"
#include "cpp/referee/prepare.h"
#include "cpp/referee/statistics.h"

namespace castalia::referee {
namespace {

// Rows with repetition, all equally likely.
std::vector<int64_t> draw_rows(int64_t rows, int64_t count, uint64_t seed, uint16_t use,
                               int64_t batch) {
  std::vector<int64_t> out(static_cast<size_t>(count));
  const Stream stream{.seed = seed, .event = static_cast<uint64_t>(batch), .stage = use};
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] =
        static_cast<int64_t>(uniform(stream, static_cast<uint32_t>(i)) * static_cast<double>(rows));
  }
  return out;
}

Judgement evaluate_kernel_physics_distance(const Comparison& comparison, const FieldValues& values,
                                           Work& work) {
  const Dataset& generated = *comparison.generated;
  const Dataset& reference = *comparison.reference;
  require_rows(generated, "generated", 2, "the kernel physics distance");
  require_rows(reference, "reference", 2, "the kernel physics distance");
  const std::vector<double> factors = column_factors(reference, scaling(values.text("scaling")));
  const Kernel kernel{.form = Kernel::Form::polynomial,
                      .name = "polynomial",
                      .slope = 1 / static_cast<double>(reference.features),
                      .degree = static_cast<int>(values.integer("degree"))};
  const int64_t batches = values.integer("batches");
  const int64_t size = values.integer("batch_size");
  std::vector<double> found;
  std::vector<double> excess;
  std::vector<double> spread;
  // Each batch reports on its own scale, so the caller hears of batches only.
  Work quiet{.pool = work.pool, .seed = work.seed};
  for (int64_t batch = 0; batch < batches; ++batch) {
    Rows x =
        take_rows(generated, draw_rows(generated.rows, size, work.seed, kBatchesGenerated, batch));
    Rows y =
        take_rows(reference, draw_rows(reference.rows, size, work.seed, kBatchesReference, batch));
    scale_columns(x, factors);
    scale_columns(y, factors);
    const Discrepancy one = discrepancies(x, y, std::span(&kernel, 1), quiet).front();
    found.push_back(one.value);
    excess.push_back(one.self_excess);
    spread.push_back(one.null_error);
    work.report(static_cast<double>(batch + 1) / static_cast<double>(batches));
  }
  // Batches are drawn from the samples with repetition: a pair is the same event twice with the
  // probability 1 / rows, so equal distributions give this much on average.
  const double twice = 1 / effective_rows(normalised_weights(generated)) +
                       1 / effective_rows(normalised_weights(reference));
  const double null_value = summarise(excess).mean * twice;
  // What batches of one sample share, the sample's own fluctuation, does not average out.
  const double batch_error = summarise(spread).mean;
  const double share = static_cast<double>(size) * twice / 2;
  const double null_error =
      batch_error * std::sqrt(share * share + 1.57 / static_cast<double>(batches));

  Judgement out;
  const double half_range = (quantile(found, 0.83725) - quantile(found, 0.16275)) / 2;
  out.figures.push_back({.name = "kernel_physics_distance",
                         .value = quantile(found, 0.5),
                         .error = batches > 1 ? half_range : kUnknown,
                         .null_value = null_value,
                         .null_error = null_error});
  out.details.push_back({"batches", found});
  return out;
}

}  // namespace

const Metric& kernel_physics_distance_metric() {
  static const Metric metric{
      .name = "kernel_physics_distance",
      .family = "kernel",
      .summary = "kernel physics distance (KPD): median polynomial MMD^2 over batches of events",
      .description =
          "The median over batches, drawn with repetition, of the unbiased MMD^2 with the kernel "
          "(x.y / columns + 1)^4 on columns divided by their largest magnitude in the reference; "
          "the error is half the range of the central 67.45 %, as in the package jetnet. Its "
          "features are energy-flow polynomials or any other observables. Weights multiply the "
          "terms.",
      .references = {"2211.10295"},
      .fields = {{.name = "batches",
                  .type = FieldType::integer,
                  .default_value = "10",
                  .meaning = "batches of which the median is taken",
                  .least = 1,
                  .greatest = 10000},
                 {.name = "batch_size",
                  .type = FieldType::integer,
                  .default_value = "5000",
                  .meaning = "events in a batch",
                  .least = 2,
                  .greatest = 1e6},
                 {.name = "degree",
                  .type = FieldType::integer,
                  .default_value = "4",
                  .meaning = "degree of the kernel",
                  .least = 1,
                  .greatest = 8},
                 scaling_field("largest")},
      .evaluate = evaluate_kernel_physics_distance};
  return metric;
}

}  // namespace castalia::referee
