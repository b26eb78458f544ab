#include "cpp/referee/classifier/roc.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"

namespace castalia::referee {
namespace {

std::vector<double> normal(uint64_t seed, size_t count, double mean) {
  std::vector<double> values(count);
  fill_normal(Stream{seed, 0, 1, 0}, values);
  for (double& value : values) value += mean;
  return values;
}

// By the definition: every pair.
double pairs(const Scores& positive, const Scores& negative) {
  double won = 0, all = 0;
  for (size_t i = 0; i < positive.values.size(); ++i) {
    for (size_t k = 0; k < negative.values.size(); ++k) {
      const double weight = (positive.weights.empty() ? 1 : positive.weights[i]) *
                            (negative.weights.empty() ? 1 : negative.weights[k]);
      const double a = positive.values[i], b = negative.values[k];
      won += weight * (a > b ? 1 : a == b ? 0.5 : 0);
      all += weight;
    }
  }
  return won / all;
}

TEST(Roc, CountsAllPairs) {
  std::vector<double> a = normal(1, 60, 0.7), b = normal(2, 45, 0);
  for (double& value : a) value = std::round(4 * value);  // many ties
  for (double& value : b) value = std::round(4 * value);
  EXPECT_NEAR(area_under_roc({a, {}}, {b, {}}).value, pairs({a, {}}, {b, {}}), 1e-14);
  std::vector<double> weights_a, weights_b;
  for (size_t i = 0; i < a.size(); ++i) weights_a.push_back(0.1 + static_cast<double>(i % 5));
  for (size_t i = 0; i < b.size(); ++i) weights_b.push_back(static_cast<double>(i % 3));
  EXPECT_NEAR(area_under_roc({a, weights_a}, {b, weights_b}).value,
              pairs({a, weights_a}, {b, weights_b}), 1e-14);
}

TEST(Roc, IsOneHalfForScoresThatAreAllTheSame) {
  const std::vector<double> a(200000, 1.5), b(100000, 1.5);
  const Estimate auc = area_under_roc({a, {}}, {b, {}});
  EXPECT_EQ(auc.value, 0.5);
  EXPECT_EQ(auc.error, 0);
}

TEST(Roc, IsOneWhereAllAreTold) {
  const std::vector<double> a = {3, 4, 5}, b = {0, 1, 2};
  EXPECT_EQ(area_under_roc({a, {}}, {b, {}}).value, 1);
  EXPECT_EQ(area_under_roc({b, {}}, {a, {}}).value, 0);
}

// Two normal distributions d apart: the area is the normal distribution function at d / sqrt(2).
// The stated errors are the spread over samples.
TEST(Roc, HasTheErrorThatItStates) {
  constexpr double kDistance = 0.6;
  const double truth = 0.5 * std::erfc(-kDistance / 2);
  double pull2 = 0;
  constexpr int kSamples = 200;
  for (uint64_t seed = 0; seed < kSamples; ++seed) {
    const std::vector<double> a = normal(2 * seed, 300, kDistance),
                              b = normal(2 * seed + 1, 500, 0);
    const Estimate auc = area_under_roc({a, {}}, {b, {}});
    pull2 += (auc.value - truth) * (auc.value - truth) / (auc.error * auc.error) / kSamples;
  }
  EXPECT_NEAR(pull2, 1, 0.3);
}

TEST(Roc, NeedsTwoEventsOfEachKind) {
  const std::vector<double> a = {1}, b = {0, 1, 2};
  EXPECT_THROW(area_under_roc({a, {}}, {b, {}}), Error);
}

TEST(Isotonic, PoolsWhatDecreases) {
  const std::vector<double> scores = {1, 2, 3, 4, 5, 6}, labels = {0, 1, 0, 1, 1, 0};
  const IsotonicRegression fit(scores, labels, {});
  EXPECT_EQ(fit(0), 0);
  EXPECT_EQ(fit(1), 0);
  EXPECT_EQ(fit(2), 0.5);
  EXPECT_EQ(fit(3), 0.5);
  EXPECT_NEAR(fit(3.5), 0.5 + 0.5 * (2.0 / 3 - 0.5), 1e-15);
  EXPECT_NEAR(fit(5), 2.0 / 3, 1e-15);
  EXPECT_NEAR(fit(100), 2.0 / 3, 1e-15);
}

TEST(Isotonic, TakesEventsOfOneScoreTogether) {
  const std::vector<double> scores = {2, 1, 2, 1}, labels = {1, 1, 0, 0}, weights = {3, 1, 1, 1};
  const IsotonicRegression fit(scores, labels, weights);
  EXPECT_EQ(fit(1), 0.5);
  EXPECT_EQ(fit(2), 0.75);
}

// The mean of the fit is that of the labels, and no non-decreasing function is closer: moving any
// step up or down makes the squares larger.
TEST(Isotonic, IsTheLeastSquaresFit) {
  const std::vector<double> scores = normal(5, 400, 0);
  std::vector<double> labels(scores.size()), noise(scores.size());
  fill_uniform(Stream{6, 0, 1, 0}, noise);
  for (size_t i = 0; i < labels.size(); ++i) {
    labels[i] = noise[i] < 1 / (1 + std::exp(-2 * scores[i])) ? 1 : 0;
  }
  const IsotonicRegression fit(scores, labels, {});
  double residual = 0, last = -1, along = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    residual += labels[i] - fit(scores[i]);
    along += (labels[i] - fit(scores[i])) * fit(scores[i]);
  }
  EXPECT_NEAR(residual, 0, 1e-10);
  EXPECT_NEAR(along, 0, 1e-10);  // the residual is orthogonal to the fit
  for (double score = -4; score < 4; score += 0.01) {
    EXPECT_GE(fit(score), last);
    last = fit(score);
  }
}

}  // namespace
}  // namespace castalia::referee
