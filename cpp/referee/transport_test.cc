#include "cpp/referee/transport.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "cpp/referee/entropic.h"

namespace castalia::referee {
namespace {

Costs random_costs(int64_t rows, int64_t columns, uint64_t seed, bool whole = false) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(0, 10);
  Costs out{rows, columns, {}};
  for (int64_t i = 0; i < rows * columns; ++i) {
    const double value = uniform(random);
    out.cost.push_back(whole ? std::floor(value / 3) : value);  // many ties
  }
  return out;
}

double by_all_permutations(const Costs& costs) {
  std::vector<int64_t> order(static_cast<size_t>(costs.rows));
  std::iota(order.begin(), order.end(), 0);
  double least = HUGE_VAL;
  do {
    double sum = 0;
    for (int64_t i = 0; i < costs.rows; ++i) sum += costs.at(i, order[static_cast<size_t>(i)]);
    least = std::min(least, sum);
  } while (std::next_permutation(order.begin(), order.end()));
  return least;
}

TEST(Transport, AssignmentIsTheBestOfAll) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const Costs costs = random_costs(1 + static_cast<int64_t>(seed % 7),
                                     1 + static_cast<int64_t>(seed % 7), seed, seed % 2 == 0);
    EXPECT_NEAR(least_assignment(costs), by_all_permutations(costs), 1e-12) << seed;
  }
}

TEST(Transport, EqualMassesAreAnAssignment) {
  for (const int64_t n : {1, 2, 17, 60, 150}) {
    for (const bool ties : {false, true}) {
      const Costs costs = random_costs(n, n, static_cast<uint64_t>(n), ties);
      const std::vector<double> ones(static_cast<size_t>(n), 1.0);
      EXPECT_NEAR(least_transport(costs, ones, ones), least_assignment(costs), 1e-9) << n;
    }
  }
}

TEST(Transport, WholeMassesAreAnAssignmentOfTheirParts) {
  // A mass of three is three rows of one.
  std::mt19937_64 random(5);
  for (int trial = 0; trial < 20; ++trial) {
    std::vector<double> supply, demand;
    std::vector<int64_t> row_of, column_of;
    for (int64_t i = 0; row_of.size() < 24; ++i) {
      const auto parts = std::min<size_t>(1 + random() % 4, 24 - row_of.size());
      supply.push_back(static_cast<double>(parts));
      row_of.insert(row_of.end(), parts, i);
    }
    for (int64_t j = 0; column_of.size() < 24; ++j) {
      const auto parts = std::min<size_t>(1 + random() % 4, 24 - column_of.size());
      demand.push_back(static_cast<double>(parts));
      column_of.insert(column_of.end(), parts, j);
    }
    const Costs costs = random_costs(static_cast<int64_t>(supply.size()),
                                     static_cast<int64_t>(demand.size()), random());
    Costs parts{24, 24, {}};
    for (const int64_t i : row_of) {
      for (const int64_t j : column_of) parts.cost.push_back(costs.at(i, j));
    }
    EXPECT_NEAR(least_transport(costs, supply, demand), least_assignment(parts), 1e-9);
  }
}

TEST(Transport, OnALineItIsTheAreaBetweenTheDistributions) {
  std::mt19937_64 random(6);
  std::uniform_real_distribution<double> uniform;
  for (int trial = 0; trial < 20; ++trial) {
    std::vector<double> x, y, supply, demand;
    for (int i = 0; i < 13; ++i) {
      x.push_back(uniform(random));
      supply.push_back(i % 4 == 0 ? 0.0 : uniform(random));  // points without mass
    }
    for (int j = 0; j < 9; ++j) {
      y.push_back(uniform(random));
      demand.push_back(uniform(random));
    }
    const double sent = std::accumulate(supply.begin(), supply.end(), 0.0);
    const double wanted = std::accumulate(demand.begin(), demand.end(), 0.0);
    for (double& each : supply) each /= sent;
    for (double& each : demand) each /= wanted;
    Costs costs{13, 9, {}};
    std::vector<std::pair<double, double>> steps;
    for (size_t i = 0; i < x.size(); ++i) {
      steps.emplace_back(x[i], supply[i]);
      for (const double to : y) costs.cost.push_back(std::abs(x[i] - to));
    }
    for (size_t j = 0; j < y.size(); ++j) steps.emplace_back(y[j], -demand[j]);
    std::sort(steps.begin(), steps.end());
    double area = 0;
    double height = 0;
    for (size_t i = 0; i + 1 < steps.size(); ++i) {
      height += steps[i].second;
      area += std::abs(height) * (steps[i + 1].first - steps[i].first);
    }
    EXPECT_NEAR(least_transport(costs, supply, demand), area, 1e-12);
  }
}

TEST(Transport, EntropicPlansApproachTheBest) {
  const Costs costs = random_costs(20, 30, 7);
  std::vector<double> supply(20, 1.0 / 20);
  std::vector<double> demand(30, 1.0 / 30);
  demand[3] = 0;  // no mass at all
  demand[4] = 2.0 / 30;
  const double best = least_transport(costs, supply, demand);
  const Entropic loose = entropic_transport(costs, supply, demand, 1, 1e-12, 10000);
  const Entropic tight = entropic_transport(costs, supply, demand, 0.01, 1e-9, 100000);
  EXPECT_LT(loose.violation, 1e-12);
  EXPECT_GT(loose.cost, best);
  EXPECT_GT(tight.cost, best - 1e-6);
  EXPECT_LT(tight.cost, best + 0.03);
  // The entropic value lies above the cost of its plan by the entropy.
  EXPECT_GT(loose.dual, loose.cost);
  // With all the weight on entropy the plan is the product of the marginals.
  double product = 0;
  for (int64_t i = 0; i < 20; ++i) {
    for (int64_t j = 0; j < 30; ++j) {
      product += costs.at(i, j) * supply[static_cast<size_t>(i)] * demand[static_cast<size_t>(j)];
    }
  }
  EXPECT_NEAR(entropic_transport(costs, supply, demand, 1e9, 1e-12, 100).cost, product, 1e-6);
}

}  // namespace
}  // namespace castalia::referee
