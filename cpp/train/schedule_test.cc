// Each schedule against its formula, written out once more.
#include "cpp/train/schedule.h"

#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace castalia {
namespace {

constexpr int64_t kSteps = 100;
constexpr int64_t kEpoch = 8;

void expect_rates(const std::string& json, const std::function<double(int)>& formula) {
  const LearningRate rate(TrainingOptions(json), kSteps, kEpoch);
  for (int step = 0; step < kSteps; ++step) {
    const double expected = formula(step);
    EXPECT_NEAR(rate.at(step), expected, 1e-14 * std::abs(expected) + 1e-18) << json << " " << step;
  }
}

double cosine(double from, double to, double x) {
  return to + (from - to) * (1 + std::cos(std::numbers::pi * x)) / 2;
}

TEST(Schedule, Constant) {
  expect_rates(R"({"schedule": "constant", "learning_rate": 0.25})", [](int) { return 0.25; });
}

TEST(Schedule, Step) {
  expect_rates(
      R"({"schedule": "step", "learning_rate": 2, "decay_factor": 0.5, "decay_every": 30})",
      [](int s) {
        return s < 30 ? 2 : s < 60 ? 1 : s < 90 ? 0.5 : 0.25;
      });
  expect_rates(R"({"schedule": "step", "learning_rate": 1, "decay_factor": 0.5})",
               [](int s) { return std::pow(0.5, s / 8); });
}

TEST(Schedule, MultiStep) {
  expect_rates(R"({"schedule": "multi_step", "learning_rate": 1, "milestones": [10, 50]})",
               [](int s) { return s < 10   ? 1
                                  : s < 50 ? 0.1
                                           : 0.01; });
}

TEST(Schedule, Exponential) {
  expect_rates(
      R"({"schedule": "exponential", "learning_rate": 3, "decay_factor": 0.9, "decay_every": 5})",
      [](int s) { return 3 * std::exp(std::log(0.9) * s / 5); });
}

TEST(Schedule, Cosine) {
  expect_rates(R"({"schedule": "cosine", "learning_rate": 1, "final_fraction": 0.1})",
               [](int s) { return cosine(1, 0.1, s / 99.0); });
}

TEST(Schedule, CosineWithRestarts) {
  expect_rates(
      R"({"schedule": "cosine_restarts", "learning_rate": 1, "final_fraction": 0, "cycle": 20})",
      [](int s) { return cosine(1, 0, (s % 20) / 20.0); });
  // Cycles of 10, 20, 40 and 80 steps.
  expect_rates(
      R"({"schedule": "cosine_restarts", "learning_rate": 1, "final_fraction": 0.5, "cycle": 10,
          "cycle_growth": 2})",
      [](int s) {
        if (s < 10) return cosine(1, 0.5, s / 10.0);
        if (s < 30) return cosine(1, 0.5, (s - 10) / 20.0);
        if (s < 70) return cosine(1, 0.5, (s - 30) / 40.0);
        return cosine(1, 0.5, (s - 70) / 80.0);
      });
}

TEST(Schedule, OneCycle) {
  expect_rates(R"({"schedule": "one_cycle", "learning_rate": 1, "final_fraction": 0.01})",
               [](int s) {
                 const double x = s / 99.0;
                 return x < 0.3 ? cosine(0.04, 1, x / 0.3) : cosine(1, 0.01, (x - 0.3) / 0.7);
               });
}

TEST(Schedule, Polynomial) {
  expect_rates(R"({"schedule": "polynomial", "learning_rate": 1, "final_fraction": 0})",
               [](int s) { return 1 - s / 99.0; });
  expect_rates(
      R"({"schedule": "polynomial", "learning_rate": 1, "final_fraction": 0.2, "power": 2})",
      [](int s) { return 0.2 + 0.8 * (1 - s / 99.0) * (1 - s / 99.0); });
}

TEST(Schedule, WarmsUpBeforeAny) {
  expect_rates(R"({"schedule": "constant", "learning_rate": 1, "warmup": 4})",
               [](int s) { return s < 4 ? (s + 1) / 5.0 : 1.0; });
  expect_rates(
      R"({"schedule": "polynomial", "learning_rate": 1, "final_fraction": 0, "warmup": 4})",
      [](int s) { return (s < 4 ? (s + 1) / 5.0 : 1.0) * (1 - s / 99.0); });
}

TEST(Schedule, ReducesOnPlateaus) {
  LearningRate rate(TrainingOptions(R"({"schedule": "reduce_on_plateau", "learning_rate": 1,
      "final_fraction": 0.3, "decay_factor": 0.5, "plateau_patience": 2, "plateau_threshold": 0.1,
      "plateau_cooldown": 1})"),
                    kSteps, kEpoch);
  // Losses, and the rate after each. Negative ones get better by growing in magnitude.
  const std::vector<std::pair<double, double>> course = {
      {5.0, 1},     {4.0, 1},    {3.9, 1},  // not by a tenth: worse, once
      {3.7, 0.5},                           // twice: decays
      {3.7, 0.5},                           // rests
      {3.65, 0.5},  {-1.0, 0.5},            // worse once, then better
      {-1.05, 0.5}, {-0.5, 0.3},            // worse twice: decays, to the floor
      {-2.0, 0.3},
  };
  for (const auto& [loss, expected] : course) {
    rate.observe(loss);
    EXPECT_DOUBLE_EQ(rate.at(3), expected) << loss;
  }
}

TEST(Schedule, GoesOnFromWhatAPlateauWas) {
  const TrainingOptions options(R"({"schedule": "reduce_on_plateau", "plateau_patience": 3})");
  LearningRate whole(options, kSteps, kEpoch);
  for (const double loss : {1.0, 2.0, 2.0}) whole.observe(loss);
  LearningRate resumed(options, kSteps, kEpoch);
  resumed.set_plateau(whole.plateau());
  for (LearningRate* each : {&whole, &resumed}) each->observe(2.0);
  EXPECT_LT(whole.at(0), 5e-4);
  EXPECT_EQ(whole.at(0), resumed.at(0));
}

}  // namespace
}  // namespace castalia
