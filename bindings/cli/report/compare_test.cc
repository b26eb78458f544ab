#include "bindings/cli/report/compare.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace castalia_cli::report {
namespace {

using Values = std::vector<double>;

Weighted normal(size_t n, unsigned seed, double mean = 0, double spread = 1) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> law(mean, spread);
  Values out(n);
  for (double& value : out) value = law(engine);
  return sorted(out, {});
}

void expect_whole(const Histogram& histogram, size_t events) {
  EXPECT_EQ(histogram.total(), static_cast<double>(events));
}

TEST(Binning, HoldsTheCentralPartOfBothSamples) {
  const Weighted one = normal(10000, 1), other = normal(10000, 2, 1);
  const Binning binning = choose_binning(one, other);
  EXPECT_EQ(binning.bins, 43);
  EXPECT_FALSE(binning.axis.logarithmic);
  EXPECT_NEAR(binning.axis.lower, -3.09, 0.3);
  EXPECT_NEAR(binning.axis.upper, 4.09, 0.3);
  const Histogram histogram = fill(binning, one);
  expect_whole(histogram, one.values.size());
  EXPECT_EQ(histogram.below, 10);
}

TEST(Binning, IsNotSqueezedByAGeneratorThatRunsWild) {
  const Binning binning = choose_binning(normal(1000, 1, 0, 1e6), normal(1000, 2));
  EXPECT_LT(binning.axis.upper - binning.axis.lower, 3 * 8);
}

TEST(Binning, PutsWholeNumbersIntoTheMiddleOfBins) {
  const Binning few = choose_binning(sorted({0, 1, 2, 3}, {}), sorted({0, 0, 1, 4}, {}));
  EXPECT_TRUE(few.whole_numbers);
  EXPECT_EQ(few.bins, 5);
  EXPECT_DOUBLE_EQ(few.edge(0), -0.5);
  EXPECT_DOUBLE_EQ(few.edge(1), 0.5);
  Values many;
  for (int i = 0; i < 1000; ++i) many.push_back(i);
  const Binning wide = choose_binning(sorted(many, {}), sorted(many, {}));
  EXPECT_LE(wide.bins, 50);
  EXPECT_DOUBLE_EQ(wide.edge(1) - wide.edge(0), std::round(wide.edge(1) - wide.edge(0)));
}

TEST(Binning, IsLogarithmicWhereTheValuesSpanDecades) {
  Weighted decades = normal(5000, 3, 0, 3), even = decades;
  for (double& value : decades.values) value = std::exp(value);
  for (size_t i = 0; i < 5000; ++i) even.values[i] = 0.01 + static_cast<double>(i) * 0.1;
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
  for (const Values& first : samples) {
    for (const Values& second : samples) {
      const Weighted one = sorted(first, {}), other = sorted(second, {});
      const Binning binning = choose_binning(one, other);
      EXPECT_LT(binning.axis.lower, binning.axis.upper);
      EXPECT_GE(binning.bins, 1);
      for (int i = 0; i <= binning.bins; ++i) EXPECT_TRUE(std::isfinite(binning.edge(i)));
      expect_whole(fill(binning, one), first.size());
      expect_whole(fill(binning, other), second.size());
    }
  }
}

TEST(Histogram, KeepsTheUpperLimitInTheLastBin) {
  const Histogram histogram = fill({{0, 1, false}, 2, false}, sorted({-0.1, 0, 0.5, 1, 1.1}, {}));
  EXPECT_EQ(histogram.counts, (std::vector<double>{1, 2}));
  EXPECT_EQ(histogram.below, 1);
  EXPECT_EQ(histogram.above, 1);
}

TEST(Histogram, SumsWeightsAndTheirSquares) {
  const Histogram histogram =
      fill({{0, 1, false}, 2, false}, sorted({0.9, 0.1, 0.2, 5}, {0.5, 2, 3, 7}));
  EXPECT_EQ(histogram.counts, (std::vector<double>{5, 0.5}));
  EXPECT_EQ(histogram.squares, (std::vector<double>{13, 0.25}));
  EXPECT_EQ(histogram.above, 7);
  EXPECT_EQ(histogram.total(), 12.5);
}

// Over many pairs of equal samples the deviation of the means is that of a normal number.
TEST(MeanDeviation, OfEqualSamplesIsWhatIsExpected) {
  double squares = 0, weighted = 0;
  constexpr int kPairs = 400;
  for (unsigned i = 0; i < kPairs; ++i) {
    const Weighted one = normal(300, 2 * i), other = normal(500, 2 * i + 1);
    std::vector<double> weights(500);
    for (size_t k = 0; k < weights.size(); ++k) weights[k] = k % 5 == 0 ? 10 : 1;
    // Weights that do not know of the values: shuffled, as the values are sorted.
    std::shuffle(weights.begin(), weights.end(), std::mt19937_64(i));
    const Summary truth = summarise(one, 300);
    squares += std::pow(mean_deviation(truth, summarise(other, 500)), 2) / kPairs;
    weighted +=
        std::pow(mean_deviation(truth, summarise({other.values, weights}, 500)), 2) / kPairs;
  }
  EXPECT_NEAR(squares, 1, 0.25);
  EXPECT_NEAR(weighted, 1, 0.25);
}

TEST(MeanDeviation, GrowsWithADifference) {
  const Summary one = summarise(normal(20000, 1), 20000),
                other = summarise(normal(20000, 2, 0.1), 20000);
  EXPECT_NEAR(mean_deviation(one, other), -0.1 / std::sqrt(2.0 / 20000), 2.5);
  EXPECT_EQ(mean_deviation(one, one), 0);
  EXPECT_TRUE(std::isnan(mean_deviation(one, summarise({}, 0))));
}

TEST(NormalDeviate, IsThatOfTheChiSquare) {
  // The 84.13 % quantile of chi2 with 20 degrees of freedom is one sigma above.
  EXPECT_NEAR(normal_deviate(26.24, 20), 1, 0.02);
  EXPECT_NEAR(normal_deviate(19.34, 20), 0, 0.02);
}

TEST(Summary, CountsByWeights) {
  const Summary summary = summarise(sorted({4, 1, 3}, {1, 2, 1}), 3);
  EXPECT_DOUBLE_EQ(summary.mean, 9.0 / 4);
  EXPECT_DOUBLE_EQ(summary.spread, std::sqrt((2 * 25 + 9 + 49) / 16.0 / 4));
  EXPECT_DOUBLE_EQ(summary.median, 2);  // half of the weight lies on 1
  EXPECT_DOUBLE_EQ(summary.effective, 16.0 / 6);
  // A weight of n is n events.
  const Summary twice = summarise(sorted({1, 1, 3, 4}, {}), 4);
  EXPECT_DOUBLE_EQ(twice.mean, summary.mean);
  EXPECT_DOUBLE_EQ(twice.median, summary.median);
}

TEST(Summary, LeavesOutWhatIsNotFinite) {
  const Summary summary =
      summarise(sorted({1, std::numeric_limits<double>::infinity(), 3, std::nan("")}, {}), 4);
  EXPECT_EQ(summary.events, 4);
  EXPECT_EQ(summary.not_finite, 2);
  EXPECT_DOUBLE_EQ(summary.mean, 2);
  EXPECT_DOUBLE_EQ(summary.spread, 1);
  EXPECT_DOUBLE_EQ(summary.median, 2);
  EXPECT_DOUBLE_EQ(summarise(sorted({0.1, 0.1, 0.1}, {}), 3).mean, 0.1);
  EXPECT_TRUE(std::isnan(summarise({}, 0).mean));
}

}  // namespace
}  // namespace castalia_cli::report
