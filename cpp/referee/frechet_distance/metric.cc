// The Frechet distance between Gaussians with the samples' means and covariances.
#include <cmath>

#include "cpp/referee/frechet.h"
#include "cpp/referee/metric.h"
#include "cpp/referee/prepare.h"
#include "cpp/referee/statistics.h"

namespace castalia::referee {
namespace {

constexpr int64_t kJackknife = 10;

// Batch 0 is all; batch i > 0 leaves every tenth group out, from one of the samples.
std::vector<double> all_and_without_tenths(int64_t groups, bool first_sample) {
  std::vector<double> copies(static_cast<size_t>((1 + 2 * kJackknife) * groups), 1.0);
  const int64_t begin = first_sample ? 1 : 1 + kJackknife;
  for (int64_t i = 0; i < kJackknife; ++i) {
    for (int64_t group = i; group < groups; group += kJackknife) {
      copies[static_cast<size_t>((begin + i) * groups + group)] = 0;
    }
  }
  return copies;
}

double jackknife_variance(std::span<const double> values) {
  const double mean = summarise(values).mean;
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum * static_cast<double>(values.size() - 1) / static_cast<double>(values.size());
}

Judgement evaluate_frechet_distance(const Comparison& comparison, const FieldValues& values,
                                    Work& work) {
  const Dataset& generated = *comparison.generated;
  const Dataset& reference = *comparison.reference;
  const int64_t least = std::max(reference.features + 1, 2 * kJackknife);
  const std::string purpose = text("a covariance of ", reference.features, " columns");
  require_rows(generated, "generated", least, purpose);
  require_rows(reference, "reference", least, purpose);
  const std::vector<double> factors = column_factors(reference, scaling(values.text("scaling")));
  const std::vector<double> centre = column_means(reference);
  GroupedMoments x(generated, centre, factors, work.seed, kChooseGenerated, work);
  GroupedMoments y(reference, centre, factors, work.seed, kChooseReference, work);
  x.set_batches(all_and_without_tenths(x.groups(), true), work);
  y.set_batches(all_and_without_tenths(y.groups(), false), work);
  Work first_part = work.part(0, 0.6);
  const std::vector<double> found = frechet_distances(x, y, first_part);
  const std::span<const double> without(found.begin() + 1, found.end());
  const double error = std::sqrt(jackknife_variance(without.first(kJackknife)) +
                                 jackknife_variance(without.last(kJackknife)));
  Work last_part = work.part(0.6, 1);
  const NullDistance null = null_frechet_distance(x, y, 16, work.seed, last_part);
  Judgement out;
  out.figures.push_back({.name = "frechet_distance",
                         .value = found.front(),
                         .error = error,
                         .null_value = null.mean,
                         .null_error = null.deviation});
  return out;
}

}  // namespace

const Metric& frechet_distance_metric() {
  static const Metric metric{
      .name = "frechet_distance",
      .family = "frechet",
      .summary = "Frechet distance of any features, squared: the FID's formula",
      .description =
          "|m1 - m2|^2 + trace(C1 + C2 - 2 (C1 C2)^(1/2)) of the means and covariances of all "
          "events; on the features of a network it is an FID. It is biased upwards for finite "
          "samples: the null value is that of random parts of both samples together, of the same "
          "sizes. The error is from leaving out tenths of each sample. Weights are honoured in "
          "means and covariances.",
      .references = {"1706.08500"},
      .fields = {scaling_field("standardise")},
      .evaluate = evaluate_frechet_distance};
  return metric;
}

}  // namespace castalia::referee
