// Kullback-Leibler and Jensen-Shannon divergence from distances to nearest neighbours.
#include <cmath>

#include "cpp/base/special_functions.h"
#include "cpp/base/status.h"
#include "cpp/referee/metric.h"
#include "cpp/referee/neighbours.h"
#include "cpp/referee/prepare.h"

namespace castalia::referee {
namespace {

// Terms of an average over events; those that could not be computed are left out.
struct Average {
  double sum = 0;
  double weight = 0;
  double squares = 0;  // of w times the term
  double weight_squares = 0;
  double cross = 0;  // of w^2 times the term
  int64_t left_out = 0;

  void add(double w, double term) {
    if (!std::isfinite(term)) {
      ++left_out;
      return;
    }
    sum += w * term;
    weight += w;
    squares += w * w * term * term;
    cross += w * w * term;
    weight_squares += w * w;
  }
  double mean() const { return sum / weight; }
  double variance() const {
    const double m = mean();
    return (squares - 2 * m * cross + m * m * weight_squares) / (weight * weight);
  }
};

double neighbour_weight(const Neighbours& neighbours, int64_t query, const Points<float>& data) {
  double sum = 0;
  for (int64_t n = 0; n < neighbours.k; ++n) {
    sum += data.weight(neighbours.row[static_cast<size_t>(query * neighbours.k + n)]);
  }
  return sum;
}

// The mean log ratio of two density estimates at each event: with equal weights d log(nu / rho) +
// log(m / (n - 1)), rho being the distance to the k-th neighbour in its own sample of n, nu to that
// in the other, of m.
Average log_density_ratio(const Points<float>& own, const Neighbours& near_own,
                          const Points<float>& other, const Neighbours& near_other) {
  Average out;
  for (int64_t r = 0; r < own.count(); ++r) {
    const double own_share = neighbour_weight(near_own, r, own) / (1 - own.weight(r));
    const double other_share = neighbour_weight(near_other, r, other);
    const double ratio = near_other.farthest(r) / near_own.farthest(r);  // squared
    out.add(own.weight(r), static_cast<double>(own.columns()) * std::log(ratio) / 2 +
                               std::log(own_share / other_share));
  }
  return out;
}

// Ross' estimate of how much an event tells about its sample (PLoS ONE 9 (2014) e87357). Within
// the distance to the k-th neighbour of its own sample are `inside` events of the other one.
void add_information(const Points<float>& own, const Neighbours& near_own,
                     std::span<const int64_t> inside, std::span<const double> weight_inside,
                     Average& average) {
  const auto k = static_cast<double>(near_own.k);
  for (int64_t r = 0; r < own.count(); ++r) {
    const auto at = static_cast<size_t>(r);
    const double both = k + static_cast<double>(inside[at]);
    const double own_share = neighbour_weight(near_own, r, own);
    // With equal weights the logarithms cancel.
    const double term = digamma(k) - std::log(k) - digamma(both) + std::log(both) +
                        std::log(own_share / (own_share + weight_inside[at]));
    average.add(own.weight(r), near_own.farthest(r) > 0 ? term : kUnknown);
  }
}

std::vector<double> radii(const Neighbours& neighbours, int64_t rows) {
  std::vector<double> out(static_cast<size_t>(rows));
  // The k-th neighbour itself lies inside: the next number up.
  for (int64_t r = 0; r < rows; ++r) {
    out[static_cast<size_t>(r)] = std::nextafter(neighbours.farthest(r), HUGE_VAL);
  }
  return out;
}

// The spread of the terms is not all: events share neighbours, in both samples alike, which about
// doubles the variance of the mean.
Figure divergence(const char* name, double value, double variance) {
  const double error = std::sqrt(2 * variance);
  return {.name = name, .value = value, .error = error, .null_value = 0, .null_error = error};
}

Judgement evaluate_neighbour_divergence(const Comparison& comparison, const FieldValues& values,
                                        Work& work) {
  const int64_t k = values.integer("neighbours");
  // Events fill fewer dimensions than they have columns: with unlike numbers of them the distances
  // differ by their own power of the ratio, not by that of the columns, and equal laws seem apart.
  const RowPair rows = prepared(comparison, values, work.seed, k + 1,
                                text("an estimate by ", k, " nearest neighbours"), Sizes::equal);
  const Frame frame = common_frame(rows.generated, rows.reference);
  const Points<float> x(rows.generated, frame.centre, frame.factor);
  const Points<float> y(rows.reference, frame.centre, frame.factor);
  const Neighbours xx = nearest(x, k, work);
  work.report(0.25);
  const Neighbours yy = nearest(y, k, work);
  work.report(0.5);
  const AcrossSamples across =
      compare_neighbourhoods(x, radii(xx, x.count()), y, radii(yy, y.count()), k, work);
  const Average forward = log_density_ratio(x, xx, y, across.of_left);
  const Average backward = log_density_ratio(y, yy, x, across.of_right);
  const BallCounts& counts = across.balls;
  Average information;
  add_information(x, xx, counts.inside_left, counts.weight_inside_left, information);
  add_information(y, yy, counts.inside_right, counts.weight_inside_right, information);
  const auto events = static_cast<double>(x.count() + y.count());
  const double prior = digamma(events) - digamma(events / 2);

  const int64_t left_out = forward.left_out + backward.left_out;
  if (2 * left_out > x.count() + y.count()) {
    fail(Code::numerical, "neighbour_divergence: more than half of the events coincide with ", k,
         " others, so they have no density; take a binned divergence, or more neighbours");
  }
  Judgement out;
  out.figures = {divergence("kullback_leibler", forward.mean(), forward.variance()),
                 divergence("kullback_leibler_reverse", backward.mean(), backward.variance()),
                 divergence("jensen_shannon", information.mean() + prior, information.variance())};
  out.details.push_back({"events.generated", static_cast<double>(x.count())});
  out.details.push_back({"events.reference", static_cast<double>(y.count())});
  out.details.push_back({"left_out", static_cast<double>(left_out)});
  return out;
}

}  // namespace

const Metric& neighbour_divergence_metric() {
  static const Metric metric{
      .name = "neighbour_divergence",
      .family = "neighbours",
      .summary = "Kullback-Leibler and Jensen-Shannon divergence by nearest neighbours, in nats",
      .description =
          "kullback_leibler is that of the generated from the reference: the mean over generated "
          "events of d log(nu / rho) + log(m / (n - 1)), rho and nu being the distances to the "
          "k-th neighbour among n generated and m reference events (Wang, Kulkarni, Verdu); "
          "the reverse exchanges the samples. jensen_shannon is Ross' estimate of the information "
          "that an event carries on which sample it is from. Errors are the spread of the terms, "
          "its "
          "variance doubled for the neighbours that events share. "
          "Events that coincide with k others have no density: they are left out and counted; "
          "more than half of them is an error. In many dimensions the estimates are biased "
          "towards zero. Both samples give as many events as the smaller has. With weights, shares "
          "of weight replace shares of events.",
      .references = {"Wang, Kulkarni, Verdu, IEEE Trans. Inf. Theory 55 (2009) 2392",
                     "Ross, PLoS ONE 9 (2014) e87357"},
      .fields = {{.name = "neighbours",
                  .type = FieldType::integer,
                  .default_value = "5",
                  .meaning = "k, the neighbour to whom distances are taken",
                  .least = 1,
                  .greatest = 1000},
                 events_field(5000),
                 scaling_field("standardise")},
      .evaluate = evaluate_neighbour_divergence};
  return metric;
}

}  // namespace castalia::referee
