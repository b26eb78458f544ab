// The Frechet physics distance, as arXiv:2211.10295 and the package jetnet define it.
#include <cmath>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/referee/frechet.h"
#include "cpp/referee/metric.h"
#include "cpp/referee/prepare.h"
#include "cpp/referee/statistics.h"

namespace castalia::referee {
namespace {

// Batches of the given sizes, `each` of every size: groups drawn with repetition.
std::vector<double> draw_batches(const GroupedMoments& moments, std::span<const double> sizes,
                                 int64_t each, uint64_t seed, uint16_t use) {
  const int64_t groups = moments.groups();
  std::vector<double> copies(sizes.size() * static_cast<size_t>(each * groups), 0.0);
  for (size_t batch = 0; batch < sizes.size() * static_cast<size_t>(each); ++batch) {
    const auto draws = static_cast<uint32_t>(
        std::llround(sizes[batch / static_cast<size_t>(each)] / moments.rows_per_group()));
    const Stream stream{.seed = seed, .event = batch, .stage = use};
    for (uint32_t i = 0; i < std::max(draws, 2U); ++i) {
      const auto group = static_cast<size_t>(uniform(stream, i) * static_cast<double>(groups));
      copies[batch * static_cast<size_t>(groups) + group] += 1;
    }
  }
  return copies;
}

struct Line {
  double intercept, slope, intercept_error;
};

// The least-squares line with neither intercept nor slope below zero; the error is that of the
// unbounded fit, with the residuals' own spread, as scipy.optimize.curve_fit gives it.
Line fit_line(std::span<const double> x, std::span<const double> y) {
  const auto n = static_cast<double>(x.size());
  double sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    sx += x[i];
    sy += y[i];
    sxx += x[i] * x[i];
    sxy += x[i] * y[i];
  }
  const double determinant = n * sxx - sx * sx;
  Line line{};
  line.slope = (n * sxy - sx * sy) / determinant;
  line.intercept = (sy - line.slope * sx) / n;
  if (line.slope < 0) {
    line.slope = 0;
    line.intercept = std::max(sy / n, 0.0);
  } else if (line.intercept < 0) {
    line.intercept = 0;
    line.slope = std::max(sxy / sxx, 0.0);
  }
  double residuals = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double residual = y[i] - line.intercept - line.slope * x[i];
    residuals += residual * residual;
  }
  line.intercept_error = std::sqrt(residuals / (n - 2) * sxx / determinant);
  return line;
}

Judgement evaluate_frechet_physics_distance(const Comparison& comparison, const FieldValues& values,
                                            Work& work) {
  const Dataset& generated = *comparison.generated;
  const Dataset& reference = *comparison.reference;
  const std::string purpose = text("a covariance of ", reference.features, " columns");
  require_rows(generated, "generated", reference.features + 1, purpose);
  require_rows(reference, "reference", reference.features + 1, purpose);
  const auto least = static_cast<double>(values.integer("min_samples"));
  const auto most = static_cast<double>(values.integer("max_samples"));
  const int64_t points = values.integer("points");
  const int64_t batches = values.integer("batches");
  if (least >= most) {
    fail(Code::out_of_range, "frechet_physics_distance: min_samples (", least,
         ") must be below max_samples (", most, ")");
  }
  const std::vector<double> factors = column_factors(reference, scaling(values.text("scaling")));
  const std::vector<double> centre = column_means(reference);
  GroupedMoments x(generated, centre, factors, work.seed, kChooseGenerated, work);
  GroupedMoments y(reference, centre, factors, work.seed, kChooseReference, work);

  // Sizes in equal steps of 1 / size.
  std::vector<double> sizes;
  std::vector<double> inverse_sizes;
  for (int64_t i = 0; i < points; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(points - 1);
    sizes.push_back(std::floor(1 / (1 / least + share * (1 / most - 1 / least))));
    inverse_sizes.push_back(1 / sizes.back());
  }
  x.set_batches(draw_batches(x, sizes, batches, work.seed, kBatchesGenerated), work);
  y.set_batches(draw_batches(y, sizes, batches, work.seed, kBatchesReference), work);
  Work first_part = work.part(0, 0.9);
  const std::vector<double> all = frechet_distances(x, y, first_part);
  std::vector<double> means;
  for (int64_t i = 0; i < points; ++i) {
    means.push_back(summarise(std::span(all).subspan(static_cast<size_t>(i * batches),
                                                     static_cast<size_t>(batches)))
                        .mean);
  }
  const Line line = fit_line(inverse_sizes, means);
  // Batches are drawn from the samples, so the line ends at the distance of the samples themselves.
  Work last_part = work.part(0.9, 1);
  const NullDistance null = null_frechet_distance(x, y, 8, work.seed, last_part);
  Judgement out;
  out.figures.push_back({.name = "frechet_physics_distance",
                         .value = line.intercept,
                         .error = line.intercept_error,
                         .null_value = null.mean,
                         .null_error = std::hypot(null.deviation, line.intercept_error)});
  out.details.push_back({"slope", line.slope});
  out.details.push_back({"batch_sizes", sizes});
  out.details.push_back({"mean_distances", means});
  return out;
}

Field size_field(const char* name, const char* default_value, const char* meaning, double least) {
  return {.name = name,
          .type = FieldType::integer,
          .default_value = default_value,
          .meaning = meaning,
          .least = least,
          .greatest = 1e8};
}

}  // namespace

const Metric& frechet_physics_distance_metric() {
  static const Metric metric{
      .name = "frechet_physics_distance",
      .family = "frechet",
      .summary = "Frechet physics distance (FPD), extrapolated to infinite batches",
      .description =
          "The Frechet distance of batches drawn with repetition, averaged at several batch sizes "
          "N and extrapolated linearly in 1 / N by a fit whose intercept and slope are not "
          "negative; columns are divided by their largest magnitude in the reference. Value and "
          "error are intercept and its error, as in the package jetnet, with its default sizes. "
          "The extrapolation ends at the distance of the samples as they are, which is not zero "
          "for equal distributions: the null value is that of random parts of both samples "
          "together, "
          "of the same sizes. With more than about 50 columns batches are made of groups of "
          "events in random order. At least 50,000 events are recommended. Weights are honoured "
          "in means and covariances.",
      .references = {"2211.10295"},
      .fields = {size_field("min_samples", "20000", "events in the smallest batches", 2),
                 size_field("max_samples", "50000", "events in the largest batches", 3),
                 size_field("batches", "20", "batches of each size", 1),
                 size_field("points", "10", "number of batch sizes", 3), scaling_field("largest")},
      .evaluate = evaluate_frechet_physics_distance};
  return metric;
}

}  // namespace castalia::referee
