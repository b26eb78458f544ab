// The adversary's density against plain loops, a response that stops to depend on a nuisance, and
// what is refused.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/nn/evaluate_for_test.h"
#include "models/adversarial/pivot/mixture_posterior.h"
#include "models/fit.h"
#include "models/model.h"

namespace castalia {
namespace {

template <typename Function>
void expect_error(Code code, const std::string& part, Function&& function) {
  try {
    function();
    ADD_FAILURE() << "no error; expected: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(Pivot, TheAdversarysSurpriseIsThatOfPlainLoops) {
  constexpr size_t kRows = 5, kComponents = 3, kNuisances = 2;
  const auto width = static_cast<size_t>(mixture_description(kComponents, kNuisances));
  ASSERT_EQ(width, 15u);
  std::vector<double> description(kRows * width), z(kRows * kNuisances);
  fill_normal(Stream{1, 0, 1, 0}, description);
  fill_normal(Stream{1, 0, 2, 0}, z);
  for (double& each : description) each *= 2;
  description[2 * width + 13] = 300;  // a width that is squeezed
  const std::vector<double> found =
      evaluate_layer({{"description", {kRows, static_cast<int64_t>(width)}, description},
                      {"z", {kRows, kNuisances}, z}},
                     [](Trace&, const std::vector<Value>& in) {
                       return std::vector<Value>{mixture_surprise(in[0], in[1], kComponents)};
                     });
  ASSERT_EQ(found.size(), kRows);
  for (size_t row = 0; row < kRows; ++row) {
    const double* of = description.data() + row * width;
    double norm = 0, density = 0;
    for (size_t k = 0; k < kComponents; ++k) norm += std::exp(of[k]);
    for (size_t k = 0; k < kComponents; ++k) {
      double part = std::exp(of[k]) / norm;
      for (size_t j = 0; j < kNuisances; ++j) {
        const double centre = of[kComponents + k * kNuisances + j];
        const double given = of[kComponents * (1 + kNuisances) + k * kNuisances + j];
        const double sigma = std::exp(kMostLogWidth * std::tanh(given / kMostLogWidth));
        const double u = (z[row * kNuisances + j] - centre) / sigma;
        part *= std::exp(-u * u / 2) / (sigma * std::sqrt(2 * std::numbers::pi));
      }
      density += part;
    }
    EXPECT_NEAR(found[row], -std::log(density), 1e-9) << "row " << row;
  }
}

// The toy of the paper: background of correlated Gaussians, signal that moves with the nuisance.
std::shared_ptr<Dataset> toy(int64_t rows) {
  auto data = std::make_shared<Dataset>();
  data->rows = rows;
  data->features = 2;
  data->context_features = 2;
  for (int64_t row = 0; row < rows; ++row) {
    double n[3];
    fill_normal(Stream{4, static_cast<uint64_t>(row), 1, 0}, n);
    const bool signal = row % 2 == 1;
    const double z = n[2];
    if (signal) {
      data->x.insert(data->x.end(), {1 + n[0], 1 + z + n[1]});
    } else {
      data->x.insert(data->x.end(), {n[0], -0.5 * n[0] + std::sqrt(0.75) * n[1]});
    }
    data->context.insert(data->context.end(), {signal ? 1.0 : 0.0, z});
  }
  return data;
}

// How far the mean response of signal moves from events of z < 0 to those of z > 0, and how far
// from background to signal, both in its deviation.
struct Moves {
  double with_nuisance, with_label;
};
Moves moves_of(double weight) {
  const std::shared_ptr<Dataset> data = toy(6000);
  const std::shared_ptr<Model> model =
      Model::create("pivot", R"({"features": 2, "hidden": 20, "layers": 2, "adversary_hidden": 20,
                   "adversary_layers": 2, "seed": 3, "adversary_weight": )" +
                                 std::to_string(weight) + "}");
  const TrainingOptions options(
      R"({"steps": 700, "batch": 256, "learning_rate": 2e-3, "critic_steps": 2, "critic_rate": 2,
          "validation": 0})");
  const std::unique_ptr<Trainer> trainer = make_trainer(*model, data, options, 1);
  trainer->advance(700);
  EXPECT_EQ(trainer->stopped(), "");
  adopt(*model, *trainer);
  std::vector<double> response(6000);
  model->score(data->x, {}, response);
  double sums[3] = {}, counts[3] = {}, squares = 0, all = 0;
  for (size_t row = 0; row < response.size(); ++row) {
    EXPECT_GE(response[row], 0);
    EXPECT_LE(response[row], 1);
    const bool signal = data->context[2 * row] > 0;
    const size_t group = signal ? (data->context[2 * row + 1] > 0 ? 2 : 1) : 0;
    sums[group] += response[row];
    counts[group] += 1;
    all += response[row];
    squares += response[row] * response[row];
  }
  const double mean = all / 6000;
  const double deviation = std::sqrt(squares / 6000 - mean * mean);
  return {std::abs(sums[2] / counts[2] - sums[1] / counts[1]) / deviation,
          ((sums[1] + sums[2]) / (counts[1] + counts[2]) - sums[0] / counts[0]) / deviation};
}

TEST(Pivot, TheResponseStopsToDependOnTheNuisance) {
  const Moves plain = moves_of(0);
  const Moves pivotal = moves_of(10);
  EXPECT_GT(plain.with_nuisance, 0.5);
  EXPECT_LT(pivotal.with_nuisance, 0.3 * plain.with_nuisance);
  EXPECT_GT(pivotal.with_label, 0.3) << "it still tells signal from background";
}

TEST(Pivot, AFileIsCheckedByTheScores) {
  const std::shared_ptr<Dataset> data = toy(50);
  const std::shared_ptr<Model> model = Model::create("pivot", R"({"features": 2})");
  model->fit_preprocessing(data->x, data->context);
  const std::string path = testing::TempDir() + "/pivot.safetensors";
  model->save(path);
  std::vector<double> first(50), again(50);
  model->score(data->x, {}, first);
  Model::load(path)->score(data->x, {}, again);
  EXPECT_EQ(first, again);
}

TEST(Pivot, WhatDoesNotFitIsRefused) {
  expect_error(Code::out_of_range, "context_features",
               [] { Model::create("pivot", R"({"features": 2, "context_features": 1})"); });
  expect_error(Code::out_of_range, "independent_in",
               [] { Model::create("pivot", R"({"features": 2, "independent_in": "signal"})"); });
  const std::shared_ptr<Model> model = Model::create("pivot", R"({"features": 2})");
  std::shared_ptr<Dataset> data = toy(40);
  data->context[2 * 7] = 2;
  expect_error(Code::out_of_range, "row 7, column 0: the label is 2",
               [&] { model->fit_preprocessing(data->x, data->context); });
  data = toy(40);
  for (size_t row = 0; row < 40; ++row) data->context[2 * row] = 1;
  expect_error(Code::invalid_argument, "column 0",
               [&] { model->fit_preprocessing(data->x, data->context); });
  data = toy(40);
  model->fit_preprocessing(data->x, data->context);
  std::vector<double> out(40);
  expect_error(Code::invalid_argument, "reads none for its score",
               [&] { model->score(data->x, data->context, out); });
  expect_error(Code::unsupported, "no sample", [&] { model->sample(1, 0, {}, out); });
  expect_error(Code::shape_mismatch, "score", [&] { model->score(data->x, {}, {out.data(), 3}); });
}

}  // namespace
}  // namespace castalia
