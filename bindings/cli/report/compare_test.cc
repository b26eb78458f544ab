#include "bindings/cli/report/compare.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace castalia_cli::report {
namespace {

using Values = std::vector<double>;

Values normal(size_t n, unsigned seed, double mean = 0, double spread = 1) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> law(mean, spread);
  Values out(n);
  for (double& value : out) value = law(engine);
  std::sort(out.begin(), out.end());
  return out;
}

void expect_whole(const Histogram& histogram, size_t events) {
  EXPECT_EQ(histogram.total(), static_cast<int64_t>(events));
}

TEST(Binning, HoldsTheCentralPartOfBothSamples) {
  const Values one = normal(10000, 1), other = normal(10000, 2, 1);
  const Binning binning = choose_binning(one, other);
  EXPECT_EQ(binning.bins, 43);
  EXPECT_FALSE(binning.axis.logarithmic);
  EXPECT_NEAR(binning.axis.lower, -3.09, 0.3);
  EXPECT_NEAR(binning.axis.upper, 4.09, 0.3);
  const Histogram histogram = fill(binning, one);
  expect_whole(histogram, one.size());
  EXPECT_EQ(histogram.below, 10);
}

TEST(Binning, IsNotSqueezedByAGeneratorThatRunsWild) {
  const Binning binning = choose_binning(normal(1000, 1, 0, 1e6), normal(1000, 2));
  EXPECT_LT(binning.axis.upper - binning.axis.lower, 3 * 8);
}

TEST(Binning, PutsWholeNumbersIntoTheMiddleOfBins) {
  const Binning few = choose_binning({0, 1, 2, 3}, {0, 0, 1, 4});
  EXPECT_TRUE(few.whole_numbers);
  EXPECT_EQ(few.bins, 5);
  EXPECT_DOUBLE_EQ(few.edge(0), -0.5);
  EXPECT_DOUBLE_EQ(few.edge(1), 0.5);
  Values many;
  for (int i = 0; i < 1000; ++i) many.push_back(i);
  const Binning wide = choose_binning(many, many);
  EXPECT_LE(wide.bins, 50);
  EXPECT_DOUBLE_EQ(wide.edge(1) - wide.edge(0), std::round(wide.edge(1) - wide.edge(0)));
}

TEST(Binning, IsLogarithmicWhereTheValuesSpanDecades) {
  Values decades = normal(5000, 3, 0, 3), even(5000);
  for (double& value : decades) value = std::exp(value);
  for (size_t i = 0; i < even.size(); ++i) even[i] = 0.01 + static_cast<double>(i) * 0.1;
  EXPECT_TRUE(choose_binning(decades, decades).axis.logarithmic);
  EXPECT_FALSE(choose_binning(even, even).axis.logarithmic);
}

TEST(Binning, IsSoundForAnyValues) {
  constexpr double kMost = std::numeric_limits<double>::max();
  const Values samples[] = {{},
                            {0},
                            {7.5, 7.5, 7.5},
                            {-kMost, kMost},
                            {kMost},
                            {1e-320},
                            {-1e-320, 0},
                            {0, 1e300},
                            {1e-300, 1e300},
                            {-3, -3, 5},
                            {1, std::nextafter(1, 2)}};
  for (const Values& one : samples) {
    for (const Values& other : samples) {
      const Binning binning = choose_binning(one, other);
      EXPECT_LT(binning.axis.lower, binning.axis.upper);
      EXPECT_GE(binning.bins, 1);
      for (int i = 0; i <= binning.bins; ++i) EXPECT_TRUE(std::isfinite(binning.edge(i)));
      expect_whole(fill(binning, one), one.size());
      expect_whole(fill(binning, other), other.size());
      const Distance apart = distance(binning, one, other);
      if (one.empty() || other.empty()) {
        EXPECT_TRUE(std::isnan(apart.deviation()));
      } else {
        EXPECT_FALSE(std::isnan(apart.chi2));
        EXPECT_FALSE(std::isnan(apart.separation));
        EXPECT_GE(apart.separation, 0);
        EXPECT_LE(apart.separation, 1);
      }
    }
  }
}

TEST(Histogram, KeepsTheUpperLimitInTheLastBin) {
  const Histogram histogram = fill({{0, 1, false}, 2, false}, {-0.1, 0, 0.5, 1, 1.1});
  EXPECT_EQ(histogram.counts, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(histogram.below, 1);
  EXPECT_EQ(histogram.above, 1);
}

TEST(Distance, OfASampleFromItselfIsZero) {
  const Values one = normal(1000, 1);
  const Distance apart = distance(choose_binning(one, one), one, one);
  EXPECT_DOUBLE_EQ(apart.chi2, 0);
  EXPECT_DOUBLE_EQ(apart.separation, 0);
  EXPECT_DOUBLE_EQ(apart.wasserstein, 0);
  EXPECT_DOUBLE_EQ(apart.mean_deviation, 0);
}

// By hand: 30 and 10 of 40 against 10 and 30 of 40.
TEST(Distance, IsWhatTheFormulasSay) {
  Values one(30, 0.25), other(10, 0.25);
  one.insert(one.end(), 10, 0.75);
  other.insert(other.end(), 30, 0.75);
  const Distance apart = distance({{0, 1, false}, 2, false}, one, other);
  EXPECT_EQ(apart.ndf, 1);
  EXPECT_DOUBLE_EQ(apart.chi2, 2 * 20.0 * 20 / 40);
  EXPECT_DOUBLE_EQ(apart.separation, 0.25);
  EXPECT_DOUBLE_EQ(apart.wasserstein, 0.25);
  EXPECT_DOUBLE_EQ(apart.separation_expected, 0.25 * 2 / 40);
}

TEST(Distance, JoinsBinsWithFewEvents) {
  Values one(100, 0.5), other(100, 0.5);
  one.insert(one.begin(), 0.01);
  other.push_back(0.99);
  EXPECT_EQ(distance({{0, 1, false}, 50, false}, one, other).ndf, 0);
}

// Over many pairs of equal samples each quantity has the mean that it is said to have.
TEST(Distance, OfEqualSamplesIsWhatIsExpected) {
  double chi2 = 0, separation = 0, expected = 0, area = 0, area_expected = 0, squares = 0;
  constexpr int kPairs = 200;
  for (unsigned i = 0; i < kPairs; ++i) {
    const Values one = normal(600, 2 * i), other = normal(1500, 2 * i + 1);
    const Distance apart = distance(choose_binning(one, other), one, other);
    chi2 += apart.chi2_per_ndf() / kPairs;
    separation += apart.separation / kPairs;
    expected += apart.separation_expected / kPairs;
    area += apart.wasserstein / kPairs;
    area_expected += apart.wasserstein_expected / kPairs;
    squares += apart.mean_deviation * apart.mean_deviation / kPairs;
  }
  EXPECT_NEAR(chi2, 1, 0.06);
  EXPECT_NEAR(separation / expected, 1, 0.1);
  EXPECT_NEAR(area / area_expected, 1, 0.1);
  EXPECT_NEAR(squares, 1, 0.3);
}

TEST(Distance, GrowsWithADifference) {
  const Values one = normal(20000, 1), other = normal(20000, 2, 0.1);
  const Distance apart = distance(choose_binning(one, other), one, other);
  EXPECT_NEAR(apart.wasserstein, 0.1, 0.03);
  EXPECT_NEAR(apart.mean_deviation, -0.1 / std::sqrt(2.0 / 20000), 2.5);
  const Values wide = normal(20000, 3, 0, 1.2);
  EXPECT_GT(distance(choose_binning(wide, other), wide, other).shape_deviation, 5);
}

TEST(Summary, LeavesOutWhatIsNotFinite) {
  const Summary summary = summarise({1, std::numeric_limits<double>::infinity(), 3, std::nan("")});
  EXPECT_EQ(summary.events, 4);
  EXPECT_EQ(summary.not_finite, 2);
  EXPECT_DOUBLE_EQ(summary.mean, 2);
  EXPECT_DOUBLE_EQ(summary.spread, 1);
  EXPECT_DOUBLE_EQ(summary.median, 2);
  EXPECT_DOUBLE_EQ(summarise({0.1, 0.1, 0.1}).mean, 0.1);
  EXPECT_TRUE(std::isnan(summarise({}).mean));
}

}  // namespace
}  // namespace castalia_cli::report
