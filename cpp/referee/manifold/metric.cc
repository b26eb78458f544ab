// Precision, recall, density and coverage: how two samples cover each other's neighbourhoods.
#include <cmath>

#include "cpp/referee/metric.h"
#include "cpp/referee/neighbours.h"
#include "cpp/referee/prepare.h"

namespace castalia::referee {
namespace {

std::vector<double> radii(const Neighbours& neighbours, int64_t rows) {
  std::vector<double> out(static_cast<size_t>(rows));
  for (int64_t r = 0; r < rows; ++r) out[static_cast<size_t>(r)] = neighbours.farthest(r);
  return out;
}

// The weight of rows for which `counts` is positive.
double share(std::span<const double> weights, std::span<const int64_t> counts) {
  double sum = 0;
  for (size_t i = 0; i < counts.size(); ++i) sum += counts[i] > 0 ? weights[i] : 0.0;
  return sum;
}

// Leaving a row out and asking whether it lies in the ball of another is asking whether it is
// among the nearest of another: what precision and recall would be for equal distributions.
double share_of_neighbours(std::span<const double> weights, const Neighbours& neighbours) {
  std::vector<int64_t> counts(weights.size(), 0);
  for (const int64_t row : neighbours.row) ++counts[static_cast<size_t>(row)];
  return share(weights, counts);
}

double weighted_mean(std::span<const double> weights, std::span<const int64_t> counts) {
  double sum = 0;
  for (size_t i = 0; i < counts.size(); ++i) sum += weights[i] * static_cast<double>(counts[i]);
  return sum;
}

double variance_of_mean(std::span<const double> weights, std::span<const int64_t> counts) {
  const double mean = weighted_mean(weights, counts);
  double sum = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double deviation = weights[i] * (static_cast<double>(counts[i]) - mean);
    sum += deviation * deviation;
  }
  return sum;
}

// The error of a share of events, both samples fluctuating.
double share_error(double share, double events, double other_events) {
  return std::sqrt(std::max(share * (1 - share), 0.25 / std::min(events, other_events)) *
                   (1 / events + 1 / other_events));
}

Judgement evaluate_manifold(const Comparison& comparison, const FieldValues& values, Work& work) {
  const int64_t k = values.integer("neighbours");
  const RowPair rows = prepared(comparison, values, work.seed, k + 1,
                                text("a neighbourhood of ", k, " nearest neighbours"),
                                Sizes::as_they_are, Weighting::unweighted);
  const Frame frame = common_frame(rows.generated, rows.reference);
  const Points<float> generated(rows.generated, frame.centre, frame.factor);
  const Points<float> reference(rows.reference, frame.centre, frame.factor);
  const Neighbours near_generated = nearest(generated, k, work);
  work.report(0.33);
  const Neighbours near_reference = nearest(reference, k, work);
  work.report(0.67);
  const BallCounts counts =
      count_in_balls(generated, radii(near_generated, generated.count()), reference,
                     radii(near_reference, reference.count()), work);

  const double n = effective_rows(generated.weights());
  const double m = effective_rows(reference.weights());
  const auto share_figure = [&](const char* name, double value, double null_value) {
    return Figure{.name = name,
                  .value = value,
                  .error = share_error(value, n, m),
                  .null_value = null_value,
                  .null_error = share_error(null_value, n, m)};
  };
  // k points of one sample and m of the other in random order: none of the other's before the
  // k-th with this probability (2002.09797, with unequal sizes).
  double missed = 1;
  for (int64_t i = 1; i <= k; ++i) {
    const auto own = static_cast<double>(reference.count() - i);
    missed *= own / (own + static_cast<double>(generated.count()));
  }
  const double density =
      weighted_mean(generated.weights(), counts.balls_around_left) / static_cast<double>(k);
  const double density_error =
      std::sqrt(variance_of_mean(generated.weights(), counts.balls_around_left) +
                variance_of_mean(reference.weights(), counts.inside_right) *
                    std::pow(static_cast<double>(reference.count()) /
                                 static_cast<double>(generated.count()),
                             2)) /
      static_cast<double>(k);

  Judgement out;
  out.figures = {
      share_figure("precision", share(generated.weights(), counts.balls_around_left),
                   share_of_neighbours(reference.weights(), near_reference)),
      share_figure("recall", share(reference.weights(), counts.balls_around_right),
                   share_of_neighbours(generated.weights(), near_generated)),
      Figure{.name = "density",
             .value = density,
             .error = density_error,
             .null_value = 1,
             .null_error = density_error},
      share_figure("coverage", share(reference.weights(), counts.inside_right), 1 - missed)};
  out.details.push_back({"events.generated", static_cast<double>(generated.count())});
  out.details.push_back({"events.reference", static_cast<double>(reference.count())});
  return out;
}

}  // namespace

const Metric& manifold_metric() {
  static const Metric metric{
      .name = "manifold",
      .family = "neighbours",
      .summary = "precision, recall, density and coverage by nearest neighbours",
      .description =
          "The neighbourhood of an event is the ball that reaches to its k-th neighbour in its own "
          "sample. precision: the share of generated events inside a neighbourhood of the "
          "reference. recall: the share of reference events inside a neighbourhood of the "
          "generated. density: how many neighbourhoods of the reference hold a generated event, "
          "over k. coverage: the share of reference events whose neighbourhood holds a generated "
          "event. Inside is nearer than the radius, so repeated events have empty neighbourhoods. "
          "Distances are exact. Of weighted samples unweighted events are drawn first. What equal "
          "distributions give is known for density and coverage, and taken from each sample with "
          "one event left out for precision and recall.",
      .references = {"1904.06991", "2002.09797"},
      .fields = {{.name = "neighbours",
                  .type = FieldType::integer,
                  .default_value = "5",
                  .meaning = "k, the neighbour that the radius reaches to",
                  .least = 1,
                  .greatest = 1000},
                 events_field(10000),
                 scaling_field("standardise")},
      .evaluate = evaluate_manifold};
  return metric;
}

}  // namespace castalia::referee
