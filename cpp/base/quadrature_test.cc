#include "cpp/base/quadrature.h"

#include <gtest/gtest.h>

#include <cmath>

namespace castalia {
namespace {

double integral_of_power(const Quadrature& rule, int power) {
  double sum = 0;
  for (size_t i = 0; i < rule.nodes.size(); ++i) {
    sum += rule.weights[i] * std::pow(rule.nodes[i], power);
  }
  return sum;
}

TEST(Quadrature, GaussLegendreIsExactToTwiceItsPoints) {
  for (const int points : {1, 2, 5, 17}) {
    const Quadrature rule = gauss_legendre(points);
    ASSERT_EQ(rule.nodes.size(), static_cast<size_t>(points));
    for (int power = 0; power < 2 * points; ++power) {
      EXPECT_NEAR(integral_of_power(rule, power), 1.0 / (power + 1), 1e-14) << points;
    }
    EXPECT_GT(std::abs(integral_of_power(rule, 2 * points) - 1.0 / (2 * points + 1)), 1e-25);
  }
}

TEST(Quadrature, ClenshawCurtisIsExactToItsPoints) {
  for (const int intervals : {2, 4, 16, 32}) {
    const Quadrature rule = clenshaw_curtis(intervals);
    ASSERT_EQ(rule.nodes.size(), static_cast<size_t>(intervals) + 1);
    EXPECT_EQ(rule.nodes.front(), 0);
    EXPECT_EQ(rule.nodes.back(), 1);
    for (int power = 0; power <= intervals; ++power) {
      EXPECT_NEAR(integral_of_power(rule, power), 1.0 / (power + 1), 1e-14) << intervals;
    }
  }
}

TEST(Quadrature, NodesAscendAndWeightsArePositive) {
  for (const Quadrature& rule : {gauss_legendre(9), clenshaw_curtis(24)}) {
    for (size_t i = 0; i < rule.nodes.size(); ++i) {
      EXPECT_GT(rule.weights[i], 0);
      if (i > 0) {
        EXPECT_LT(rule.nodes[i - 1], rule.nodes[i]);
      }
    }
  }
}

}  // namespace
}  // namespace castalia
