#include "cpp/runtime/cpu/small_matrix.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace castalia::cpu {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(FactorizeLu, GivesThePermutedMatrix) {
  // The first pivot is zero.
  const std::vector<double> a = {0, 2, 1, 3, 1, -2, -6, 4, 5};
  std::vector<double> lu = a;
  std::vector<int64_t> rows(3);
  EXPECT_NE(factorize_lu(3, lu.data(), rows.data()), 0);
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      double sum = 0;
      for (int k = 0; k <= std::min(i, j); ++k) {
        sum += (k == i ? 1.0 : lu[static_cast<size_t>(3 * i + k)]) *
               lu[static_cast<size_t>(3 * k + j)];
      }
      EXPECT_NEAR(sum, a[static_cast<size_t>(3 * rows[static_cast<size_t>(i)] + j)], 1e-14);
    }
  }
}

TEST(FactorizeLu, KnowsSingularMatrices) {
  std::vector<int64_t> rows(2);
  std::vector<double> dependent = {1, 2, 2, 4};
  EXPECT_EQ(factorize_lu(2, dependent.data(), rows.data()), 0);
  std::vector<double> unknown = {0, 1, kNan, 1};
  EXPECT_NE(factorize_lu(2, unknown.data(), rows.data()), 0);
  EXPECT_TRUE(std::isnan(unknown[3]));
}

TEST(FactorizeCholesky, RefusesWhatIsNotPositiveDefinite) {
  std::vector<double> indefinite = {1, 0, 2, 1};
  EXPECT_FALSE(factorize_cholesky(2, indefinite.data()));
  std::vector<double> unknown = {kNan};
  EXPECT_FALSE(factorize_cholesky(1, unknown.data()));
  // The upper triangle is not read.
  std::vector<double> good = {4, kNan, 2, 5};
  EXPECT_TRUE(factorize_cholesky(2, good.data()));
  EXPECT_EQ(good, (std::vector<double>{2, 0, 1, 2}));
}

TEST(SolveTriangular, TakesEveryTriangle) {
  const std::vector<double> a = {2, 3, 5, 4};
  const auto solved = [&](const Triangle& triangle) {
    std::vector<double> b = {8, 4};
    solve_triangular(2, 1, a.data(), triangle, b.data());
    return b;
  };
  EXPECT_EQ(solved({.lower = true}), (std::vector<double>{4, -4}));
  EXPECT_EQ(solved({.lower = false}), (std::vector<double>{2.5, 1}));
  EXPECT_EQ(solved({.lower = true, .transpose = true}), (std::vector<double>{1.5, 1}));
  EXPECT_EQ(solved({.lower = false, .transpose = true}), (std::vector<double>{4, -2}));
  EXPECT_EQ(solved({.lower = true, .unit_diagonal = true}), (std::vector<double>{8, -36}));
}

}  // namespace
}  // namespace castalia::cpu
