// The Wasserstein distance in all columns together, by exact optimal transport of batches.
#include <algorithm>
#include <cmath>

#include "cpp/referee/metric.h"
#include "cpp/referee/prepare.h"
#include "cpp/referee/transport.h"
#include "cpp/referee/transport_batches.h"

namespace castalia::referee {
namespace {

bool equal_weights(const Rows& rows) {
  return std::all_of(rows.weights.begin(), rows.weights.end(),
                     [&](double weight) { return weight == rows.weights.front(); });
}

Judgement evaluate_optimal_transport(const Comparison& comparison, const FieldValues& values,
                                     Work& work) {
  const int64_t order = values.integer("order");
  const std::vector<double> factors =
      column_factors(*comparison.reference, scaling(values.text("scaling")));
  const std::string names[] = {"wasserstein"};
  return batched(
      comparison, values, factors, names,
      [order](const Rows& left, const Rows& right) -> std::vector<double> {
        const Costs costs = pair_costs(left, right, order);
        const bool assignment = equal_weights(left) && equal_weights(right);
        const double cost = assignment ? least_assignment(costs) / static_cast<double>(left.count)
                                       : least_transport(costs, left.weights, right.weights);
        return {order == 2 ? std::sqrt(std::max(cost, 0.0)) : cost};
      },
      work);
}

}  // namespace

const Metric& optimal_transport_metric() {
  static const Metric metric{
      .name = "optimal_transport",
      .family = "transport",
      .summary = "Wasserstein distance in all columns together, exact, of batches of events",
      .description =
          "The root of the least mean |x - y|^order over all ways to move a batch of generated "
          "events to one of reference events: by Jonker and Volgenant's assignment for equal "
          "weights, else by successive shortest paths. It is far from zero for equal distributions "
          "(it falls as events^(-1 / columns)), so compare it with its null value, from pairs of "
          "batches of the reference.",
      .references = {"1803.00567"},
      .fields =
          [] {
            std::vector<Field> fields = batch_fields(8, 1000);
            fields.push_back({.name = "order",
                              .type = FieldType::integer,
                              .default_value = "1",
                              .meaning = "power of the distance that is transported",
                              .least = 1,
                              .greatest = 2});
            fields.push_back(scaling_field("standardise"));
            return fields;
          }(),
      .evaluate = evaluate_optimal_transport};
  return metric;
}

}  // namespace castalia::referee
