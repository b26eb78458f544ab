#include "cpp/referee/classifier/classifier.h"

#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"

namespace castalia::referee {
namespace {

constexpr int64_t kRows = 4000;

// Three normal columns, the first around `mean`; the last is a constant.
Dataset sample(uint64_t seed, double mean, int64_t rows = kRows) {
  Dataset data;
  data.rows = rows;
  data.features = 4;
  std::vector<double> noise(static_cast<size_t>(3 * rows));
  fill_normal(Stream{seed, 0, 1, 0}, noise);
  for (size_t i = 0; i < static_cast<size_t>(rows); ++i) {
    data.x.insert(data.x.end(),
                  {noise[3 * i] + mean, 50 + 3 * noise[3 * i + 1], noise[3 * i + 2], 7});
  }
  return data;
}

ClassifierOptions small() {
  ClassifierOptions options;
  options.hidden = 32;
  options.epochs = 20;
  options.batch = 200;
  options.learning_rate = 2e-3;
  options.threads = 1;
  return options;
}

double phi(double x) { return std::exp(-0.5 * x * x) / std::sqrt(2 * M_PI); }

// In bits, of two normal distributions `distance` apart, by the trapezium rule.
double divergence(double distance) {
  double sum = 0;
  constexpr double kStep = 1e-3;
  for (double x = -9; x < 9 + distance; x += kStep) {
    const double a = phi(x), b = phi(x - distance), m = 0.5 * (a + b);
    if (a > 0) sum += 0.5 * a * std::log2(a / m) * kStep;
    if (b > 0) sum += 0.5 * b * std::log2(b / m) * kStep;
  }
  return sum;
}

TEST(Classifier, FindsTheDivergenceOfNormalDistributions) {
  for (const double distance : {0.5, 1.5}) {
    const ClassifierOutcome outcome =
        classifier_test(sample(1, distance), sample(2, 0), small(), nullptr);
    const double auc = 0.5 * std::erfc(-distance / 2);
    EXPECT_NEAR(outcome.auc.value, auc, 4 * outcome.auc.error) << distance;
    EXPECT_LT(outcome.auc.error, 0.02);
    EXPECT_NEAR(outcome.jsd.value, divergence(distance), 4 * outcome.jsd.error + 0.01) << distance;
    EXPECT_LT(outcome.jsd.error, 0.02);
    EXPECT_NEAR(outcome.accuracy.value, 0.5 * std::erfc(-distance / (2 * std::sqrt(2))), 0.04);
    EXPECT_EQ(outcome.test_events, 1600);
    EXPECT_EQ(outcome.validation_events, 1600);
    EXPECT_EQ(outcome.train_events, 4800);
  }
}

TEST(Classifier, FindsNothingBetweenHalvesOfOneSample) {
  double pull = 0;
  constexpr int kSeeds = 5;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    ClassifierOptions options = small();
    options.seed = seed;
    options.epochs = 5;
    const ClassifierOutcome outcome =
        classifier_test(sample(2 * seed + 10, 0), sample(2 * seed + 11, 0), options, nullptr);
    EXPECT_NEAR(outcome.auc.value, 0.5, 4 * outcome.auc.error);
    // Calibration follows noise, which costs a little on events that it has not seen.
    EXPECT_LT(outcome.jsd.value, 0.01);
    EXPECT_GT(outcome.jsd.value, -0.04);
    pull += (outcome.auc.value - 0.5) / outcome.auc.error / std::sqrt(kSeeds);
  }
  EXPECT_LT(std::fabs(pull), 4);
}

// Samples of unlike sizes count the same, and so do weights that take a difference away.
TEST(Classifier, HonoursWeights) {
  const Dataset reference = sample(3, 0);
  Dataset generated = sample(4, 0.8, 3 * kRows);
  EXPECT_GT(classifier_test(generated, reference, small(), nullptr).auc.value, 0.65);
  for (int64_t i = 0; i < generated.rows; ++i) {
    const double x = generated.x[static_cast<size_t>(4 * i)];
    generated.weights.push_back(phi(x) / phi(x - 0.8));
  }
  const ClassifierOutcome reweighted = classifier_test(generated, reference, small(), nullptr);
  EXPECT_NEAR(reweighted.auc.value, 0.5, 4 * reweighted.auc.error);
  EXPECT_NEAR(reweighted.jsd.value, 0, 0.02);
}

TEST(Classifier, HasTheSameBitsForAnyNumberOfThreads) {
  ClassifierOptions options = small();
  options.epochs = 2;
  const ClassifierOutcome one = classifier_test(sample(5, 0.3), sample(6, 0), options, nullptr);
  options.threads = 3;
  const ClassifierOutcome three = classifier_test(sample(5, 0.3), sample(6, 0), options, nullptr);
  EXPECT_EQ(one.auc.value, three.auc.value);
  EXPECT_EQ(one.jsd.value, three.jsd.value);
  EXPECT_EQ(one.test_loss, three.test_loss);
}

// The same cells at another energy: only the incident energy tells.
TEST(Classifier, SeesCellsAgainstTheIncidentEnergy) {
  const auto showers = [](uint64_t seed, double response) {
    Dataset data = sample(seed, 0);
    data.context_features = 1;
    for (int64_t row = 0; row < data.rows; ++row) {
      const double incident = 10 + static_cast<double>(row % 7);
      data.context.push_back(incident);
      for (int64_t j = 0; j < 4; ++j) {
        double& cell = data.x[static_cast<size_t>(4 * row + j)];
        cell = incident * response * (1 + 0.05 * std::tanh(cell));
      }
    }
    return data;
  };
  ClassifierOptions options = small();
  options.inputs = ClassifierInputs::showers;
  EXPECT_GT(classifier_test(showers(7, 1), showers(8, 1.1), options, nullptr).auc.value, 0.95);
  const ClassifierOutcome same = classifier_test(showers(7, 1), showers(8, 1), options, nullptr);
  EXPECT_NEAR(same.auc.value, 0.5, 4 * same.auc.error);
}

template <typename Run>
void expect_error(Code code, const std::vector<std::string>& parts, const Run& run) {
  try {
    run();
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    for (const std::string& part : parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
}

TEST(Classifier, RefusesWhatItCannotJudge) {
  const Dataset reference = sample(1, 0);
  Dataset narrow = reference;
  narrow.features = 3;
  narrow.x.resize(static_cast<size_t>(3 * narrow.rows));
  expect_error(Code::shape_mismatch, {"3 features", "4"},
               [&] { classifier_test(narrow, reference, small(), nullptr); });
  expect_error(Code::empty_data, {"200"},
               [&] { classifier_test(sample(1, 0, 20), sample(2, 0, 100), small(), nullptr); });
  ClassifierOptions options = small();
  options.inputs = ClassifierInputs::showers;
  expect_error(Code::shape_mismatch, {"incident energy"},
               [&] { classifier_test(reference, reference, options, nullptr); });
  Dataset dead = reference;
  dead.context_features = 1;
  dead.context.assign(static_cast<size_t>(dead.rows), 1);
  dead.context[17] = 0;
  expect_error(Code::out_of_range, {"row 17"},
               [&] { classifier_test(dead, dead, options, nullptr); });
}

TEST(Classifier, CanBeStopped) {
  int64_t seen = 0;
  expect_error(Code::cancelled, {"epoch 3"}, [&] {
    classifier_test(sample(1, 0), sample(2, 0), small(),
                    [&](int64_t epoch, int64_t epochs, double) {
                      seen = epoch;
                      EXPECT_EQ(epochs, 20);
                      return epoch < 3;
                    });
  });
  EXPECT_EQ(seen, 3);
}

}  // namespace
}  // namespace castalia::referee
