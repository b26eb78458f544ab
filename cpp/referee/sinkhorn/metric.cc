// Entropic optimal transport: the Sinkhorn divergence of batches.
#include "cpp/referee/metric.h"
#include "cpp/base/status.h"
#include "cpp/referee/entropic.h"
#include "cpp/referee/kernel_sums.h"
#include "cpp/referee/prepare.h"
#include "cpp/referee/transport_batches.h"

namespace castalia::referee {
namespace {

Judgement evaluate_sinkhorn(const Comparison& comparison, const FieldValues& values, Work& work) {
  const int64_t order = values.integer("order");
  const double share = values.real("regularisation");
  const double tolerance = values.real("tolerance");
  const int64_t iterations = values.integer("iterations");
  const std::vector<double> factors =
      column_factors(*comparison.reference, scaling(values.text("scaling")));
  const std::string names[] = {"sinkhorn_divergence", "transport_cost", "marginal_violation"};
  const uint64_t seed = work.seed;
  Judgement out = batched(
      comparison, values, factors, names,
      [=](const Rows& left, const Rows& right) -> std::vector<double> {
        // One regularisation for the three problems of a pair.
        const double median = median_distance(left, right, seed);
        const double regularisation = share * (order == 2 ? median * median : median);
        const auto solve = [&](const Rows& a, const Rows& b) {
          return entropic_transport(pair_costs(a, b, order), a.weights, b.weights, regularisation,
                                    tolerance, iterations);
        };
        const Entropic both = solve(left, right);
        const Entropic first = solve(left, left);
        const Entropic second = solve(right, right);
        return {both.dual - (first.dual + second.dual) / 2, both.cost, both.violation};
      },
      work);
  // How well the iterations converged explains, it does not judge.
  out.figures.pop_back();
  return out;
}

}  // namespace

const Metric& sinkhorn_metric() {
  static const Metric metric{
      .name = "sinkhorn",
      .family = "transport",
      .summary = "Sinkhorn divergence and entropic transport cost of batches of events",
      .description =
          "Entropic optimal transport of |x - y|^order between batches, by Sinkhorn's iterations. "
          "sinkhorn_divergence is the value of the entropic problem minus half of those of each "
          "batch with itself, without the entropic bias; transport_cost is the mean cost of the "
          "plan. The regularisation is a share of the median cost. Null values are from pairs of "
          "batches of the reference.",
      .references = {"1306.0895", "1610.06519", "1810.08278"},
      .fields =
          [] {
            std::vector<Field> fields = batch_fields(4, 300);
            fields.push_back({.name = "order",
                              .type = FieldType::integer,
                              .default_value = "2",
                              .meaning = "power of the distance that is transported",
                              .least = 1,
                              .greatest = 2});
            fields.push_back({.name = "regularisation",
                              .type = FieldType::real,
                              .default_value = "0.1",
                              .meaning = "weight of the entropy, in median costs",
                              .least = 1e-4,
                              .greatest = 1e3});
            fields.push_back({.name = "tolerance",
                              .type = FieldType::real,
                              .default_value = "1e-3",
                              .meaning = "sum of what the marginals may be off",
                              .least = 1e-14,
                              .greatest = 1});
            fields.push_back({.name = "iterations",
                              .type = FieldType::integer,
                              .default_value = "500",
                              .meaning = "most iterations",
                              .least = 1,
                              .greatest = 1e6});
            fields.push_back(scaling_field("standardise"));
            return fields;
          }(),
      .evaluate = evaluate_sinkhorn};
  return metric;
}

}  // namespace castalia::referee
