// The sliced Wasserstein distance: Wasserstein-1 of projections on random directions.
#include <cmath>

#include "cpp/base/philox.h"
#include "cpp/referee/columns.h"
#include "cpp/referee/metric.h"
#include "cpp/referee/pairs.h"
#include "cpp/referee/prepare.h"
#include "cpp/runtime/cpu/gemm.h"

namespace castalia::referee {
namespace {

// Unit vectors in all directions alike, (directions, columns).
std::vector<double> random_directions(int64_t directions, int64_t columns, uint64_t seed) {
  std::vector<double> out(static_cast<size_t>(directions * columns));
  for (int64_t d = 0; d < directions; ++d) {
    const std::span<double> one =
        std::span(out).subspan(static_cast<size_t>(d * columns), static_cast<size_t>(columns));
    fill_normal({.seed = seed, .event = static_cast<uint64_t>(d), .stage = kDirections}, one);
    double norm = 0;
    for (const double each : one) norm += each * each;
    for (double& each : one) each /= std::sqrt(norm);
  }
  return out;
}

// A data set of the projections. `directions` are already scaled for the columns.
Dataset project(const Dataset& data, std::span<const double> directions, int64_t count,
                Work& work) {
  Dataset out;
  out.rows = data.rows;
  out.features = count;
  out.weights = data.weights;
  out.x.resize(static_cast<size_t>(data.rows * count));
  cpu::GemmShape shape;
  shape.m = data.rows;
  shape.n = count;
  shape.k = data.features;
  shape.transpose_b = true;
  std::vector<AlignedBytes> scratch(static_cast<size_t>(work.pool.threads()));
  for (AlignedBytes& each : scratch) each = aligned_bytes(cpu::gemm_scratch_bytes<double>(shape));
  work.pool.run(cpu::gemm_tiles(shape), [&](int64_t first, int64_t last, int thread) {
    cpu::gemm_run_tiles<double>(shape, data.x.data(), directions.data(), out.x.data(), {},
                                scratch[static_cast<size_t>(thread)].get(), first, last);
  });
  return out;
}

Judgement evaluate_sliced_wasserstein(const Comparison& comparison, const FieldValues& values,
                                      Work& work) {
  require_rows(*comparison.generated, "generated", 2, "the sliced Wasserstein distance");
  require_rows(*comparison.reference, "reference", 2, "the sliced Wasserstein distance");
  const int64_t columns = comparison.reference->features;
  const int64_t count = values.integer("directions");
  std::vector<double> directions = random_directions(count, columns, work.seed);
  const std::vector<double> factors =
      column_factors(*comparison.reference, scaling(values.text("scaling")));
  for (size_t i = 0; i < directions.size(); ++i) directions[i] *= factors[i % factors.size()];
  const Dataset x = project(*comparison.generated, directions, count, work);
  const Dataset y = project(*comparison.reference, directions, count, work);

  const SignedEvents events(x, y, work.seed);
  std::vector<Replicated> distances(static_cast<size_t>(count));
  std::vector<ColumnSorter> sorters(static_cast<size_t>(work.pool.threads()));
  for_each_column(
      x, y, work,
      [&](int64_t direction, std::span<const double> a, std::span<const double> b, int thread) {
        PooledColumn pooled;
        sorters[static_cast<size_t>(thread)].sort(a, b, pooled);
        distances[static_cast<size_t>(direction)] =
            empirical_distances(pooled, events, false, true).area;
      });
  Judgement out;
  out.figures = {mean_of(distances).figure("mean_distance"),
                 largest_of(distances).figure("largest_distance")};
  std::vector<double> value;
  for (const Replicated& each : distances) value.push_back(each.value);
  out.details = {{"distance", value}};
  return out;
}

}  // namespace

const Metric& sliced_wasserstein_metric() {
  static const Metric metric{
      .name = "sliced_wasserstein",
      .family = "transport",
      .summary = "Wasserstein-1 distance of projections on random directions",
      .description =
          "The mean over random directions of the Wasserstein-1 distance of the projected samples, "
          "and the largest over these directions. Columns are scaled before they are projected. "
          "Weights are honoured. Errors and null values are from multiplier replicates; directions "
          "are drawn with the seed and their choice is not part of the error.",
      .references = {"1902.00434"},
      .fields = {{.name = "directions",
                  .type = FieldType::integer,
                  .default_value = "128",
                  .meaning = "number of random directions",
                  .least = 1,
                  .greatest = 100000},
                 scaling_field("standardise")},
      .evaluate = evaluate_sliced_wasserstein};
  return metric;
}

}  // namespace castalia::referee
