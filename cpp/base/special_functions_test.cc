#include "cpp/base/special_functions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace castalia {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Computed with 40 digits by another program (mpmath).
TEST(SpecialFunctions, PolygammaAgreesWithKnownValues) {
  struct Known {
    double order, x, value;
  };
  const Known known[] = {
      {0, 1e-8, -100000000.57721564},      {0, 0.3, -3.502524222200133},
      {0, 1.4616, -3.110625123034165e-05}, {0, 2, 0.42278433509846713},
      {0, 9.5, 2.1977378764029494},        {0, 1e6, 13.815510057964191},
      {0, -0.5, 0.03648997397857652},      {0, -3.75, -1.6923885983113303},
      {0, -12.1, 12.202786966737573},      {1, 1e-5, 10000000001.644909},
      {1, 0.5, 4.934802200544679},         {1, 1, 1.6449340668482264},
      {1, 7.25, 0.14787923315893217},      {1, 1e4, 0.00010000500016666666},
      {1, -0.5, 8.934802200544679},        {1, -2.3, 14.725912160961292},
      {2, 0.1, -2001.8614573783436},       {2, 3, -0.15411380631918858},
      {2, 40, -0.0006408202718352986},     {2, -1.6, -22.49158811431912},
      {3, 0.7, 25.879149678427737},        {3, 12, 0.001310093231070826},
      {3, -4.2, 3768.5970431829874},       {7, 2.5, 3.565236352523131},
      {7, 100, 7.455359496158328e-12},     {7, -0.4, 7990618.245891215},
      {20, 3.3, -31551777.702590305},      {100, 9.75, -1.2038160176402026e+58},
  };
  for (const auto& [order, x, value] : known) {
    // Near its roots digamma keeps an absolute error.
    EXPECT_NEAR(polygamma(order, x), value, 2e-14 * std::max(1.0, std::abs(value)))
        << "order " << order << " at " << x;
  }
}

TEST(SpecialFunctions, PolygammaTakesEveryInput) {
  EXPECT_EQ(digamma(0.0), -kInfinity);
  EXPECT_EQ(digamma(-0.0), kInfinity);
  EXPECT_EQ(digamma(kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(digamma(-3)));
  EXPECT_TRUE(std::isnan(digamma(-kInfinity)));
  EXPECT_TRUE(std::isnan(digamma(NAN)));
  EXPECT_EQ(polygamma(1, 0), kInfinity);
  EXPECT_EQ(polygamma(1, -2), kInfinity);
  EXPECT_EQ(polygamma(1, kInfinity), 0);
  EXPECT_TRUE(std::isnan(polygamma(2, -2)));
  EXPECT_TRUE(std::isnan(polygamma(1, -kInfinity)));
  EXPECT_TRUE(std::isnan(polygamma(1, NAN)));
  EXPECT_TRUE(std::isnan(polygamma(0.5, 1)));
  EXPECT_TRUE(std::isnan(polygamma(-1, 1)));
  EXPECT_TRUE(std::isnan(polygamma(171, 1)));
  EXPECT_TRUE(std::isnan(polygamma(NAN, 1)));
}

TEST(SpecialFunctions, LogGammaIsThatOfTheLibrary) {
  EXPECT_EQ(log_gamma(0.5), std::lgamma(0.5));
  EXPECT_EQ(log_gamma(-2.5f), std::lgamma(-2.5f));
  EXPECT_EQ(log_gamma(-1.0), kInfinity);
}

}  // namespace
}  // namespace castalia
