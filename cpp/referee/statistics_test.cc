#include "cpp/referee/statistics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace castalia::referee {
namespace {

TEST(Statistics, ChiSquareTails) {
  // For two degrees of freedom it is exp(-x / 2); for one erfc(sqrt(x / 2)).
  for (const double x : {1e-3, 0.5, 1.0, 3.0, 10.0, 100.0, 700.0}) {
    EXPECT_NEAR(chi_square_tail(x, 2) / std::exp(-x / 2), 1, 1e-12) << x;
    EXPECT_NEAR(chi_square_tail(x, 1) / std::erfc(std::sqrt(x / 2)), 1, 1e-10) << x;
    // Four: (1 + x / 2) exp(-x / 2).
    EXPECT_NEAR(chi_square_tail(x, 4) / ((1 + x / 2) * std::exp(-x / 2)), 1, 1e-10) << x;
  }
  // From tables.
  EXPECT_NEAR(chi_square_tail(18.307038, 10), 0.05, 1e-8);
  EXPECT_NEAR(chi_square_tail(124.342113, 100), 0.05, 1e-8);
  EXPECT_EQ(chi_square_tail(0, 3), 1);
  EXPECT_EQ(chi_square_tail(5, 0), 1);
}

TEST(Statistics, KolmogorovTails) {
  // The classical critical values, 1.358 and 1.628 over the root of n.
  EXPECT_NEAR(kolmogorov_tail(1.3581 / std::sqrt(1e8), 1e8), 0.05, 1e-4);
  EXPECT_NEAR(kolmogorov_tail(1.6276 / std::sqrt(1e8), 1e8), 0.01, 1e-4);
  // Exact for ten events: 0.40925 has the probability 0.05.
  EXPECT_NEAR(kolmogorov_tail(0.40925, 10), 0.05, 2e-3);
  EXPECT_EQ(kolmogorov_tail(0, 100), 1);
  EXPECT_LT(kolmogorov_tail(1, 100), 1e-80);
}

TEST(Statistics, Quantiles) {
  const double values[] = {4, 1, 3, 2};
  EXPECT_EQ(quantile(values, 0), 1);
  EXPECT_EQ(quantile(values, 1), 4);
  EXPECT_EQ(quantile(values, 0.5), 2.5);
  EXPECT_NEAR(quantile(values, 0.1), 1.3, 1e-15);
}

TEST(Statistics, Summaries) {
  const double values[] = {1, 2, 3, 4};
  EXPECT_EQ(summarise(values).mean, 2.5);
  EXPECT_NEAR(summarise(values).deviation, std::sqrt(5.0 / 3), 1e-15);
  EXPECT_TRUE(std::isnan(summarise(std::span(values, 1)).deviation));
}

}  // namespace
}  // namespace castalia::referee
