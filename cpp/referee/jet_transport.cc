#include "cpp/referee/jet_transport.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "cpp/referee/transport.h"

namespace castalia::referee {

double energy_movers_distance(const Cloud& a, const Cloud& b, double radius) {
  const int64_t rows = a.size();
  const int64_t columns = b.size();
  double a_sum = 0;
  double b_sum = 0;
  for (const double each : a.pt) a_sum += each;
  for (const double each : b.pt) b_sum += each;
  if (rows == 0 || columns == 0) return std::max(a_sum, b_sum);
  const double more = std::abs(a_sum - b_sum);
  const bool unequal = more > 1e-12 * (a_sum + b_sum);
  const bool wider = unequal && a_sum < b_sum;   // a source more
  const bool longer = unequal && a_sum > b_sum;  // a sink more
  Costs costs{rows + (wider ? 1 : 0), columns + (longer ? 1 : 0), {}};
  costs.cost.assign(static_cast<size_t>(costs.rows * costs.columns), 1.0);
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      const double eta = a.eta[static_cast<size_t>(i)] - b.eta[static_cast<size_t>(j)];
      // The nearer way around.
      const double phi =
          std::remainder(a.phi[static_cast<size_t>(i)] - b.phi[static_cast<size_t>(j)], 2 * M_PI);
      costs.cost[static_cast<size_t>(i * costs.columns + j)] = std::hypot(eta, phi) / radius;
    }
  }
  std::vector<double> supply(a.pt);
  std::vector<double> demand(b.pt);
  if (wider) supply.push_back(more);
  if (longer) demand.push_back(more);
  return least_transport(costs, supply, demand);
}

Matching match_jets(std::span<const Cloud> generated, std::span<const Cloud> reference,
                    double radius) {
  Matching out;
  std::vector<double> nearest(reference.size(), std::numeric_limits<double>::infinity());
  std::vector<char> covered(reference.size(), 0);
  for (const Cloud& one : generated) {
    double least = std::numeric_limits<double>::infinity();
    size_t match = 0;
    for (size_t j = 0; j < reference.size(); ++j) {
      const double distance = energy_movers_distance(one, reference[j], radius);
      out.mean_distance += distance;
      nearest[j] = std::min(nearest[j], distance);
      if (distance < least) {
        least = distance;
        match = j;
      }
    }
    covered[match] = 1;
  }
  for (size_t j = 0; j < reference.size(); ++j) {
    out.minimum_matching_distance += nearest[j];
    out.coverage += covered[j];
  }
  const auto count = static_cast<double>(reference.size());
  out.minimum_matching_distance /= count;
  out.coverage /= count;
  out.mean_distance /= count * static_cast<double>(generated.size());
  return out;
}

}  // namespace castalia::referee
