// Optimisation by local surrogates: derivatives against differences, parameters that find the
// least, simulators that fail, the same bits for any number of threads, and what is refused.
#include "models/local_surrogate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"

namespace castalia {
namespace {

using Json = nlohmann::json;

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

constexpr double kLeast[] = {0.5, -0.3};

// A bowl about kLeast, from an input that shifts events, with noise of its own.
void bowl(const SimulatorRequest& r) {
  double height = 0;
  for (size_t i = 0; i < 2; ++i) height += std::pow(r.parameters[i] - kLeast[i], 2);
  for (int64_t row = 0; row < r.rows; ++row) {
    double noise = 0;
    fill_normal(Stream{8, static_cast<uint64_t>(r.first_row + row), 1, 0}, {&noise, 1});
    const auto i = static_cast<size_t>(row);
    r.out[i] = height + 0.1 * noise + (r.inputs.empty() ? 0.0 : 0.1 * r.inputs[i]);
  }
}

// Squares of the events' columns.
class Squares final : public Target {
 public:
  int64_t features() const override { return 1; }
  bool has_gradient() const override { return true; }
  std::string identity() const override { return "squares"; }
  void evaluate(const TargetRequest& r) override {
    for (size_t i = 0; i < r.x.size(); ++i) {
      r.log_density[i] = r.x[i] * r.x[i];
      if (!r.gradient.empty()) r.gradient[i] = 2 * r.x[i];
    }
  }
};

std::shared_ptr<Dataset> inputs() {
  auto data = std::make_shared<Dataset>();
  data->rows = 50;
  data->features = 1;
  data->x.resize(50);
  fill_normal(Stream{6, 0, 1, 0}, data->x);
  return data;
}

LocalSurrogate::Setting setting(const char* architecture = "gan", int threads = 1) {
  const std::string sizes = std::string(architecture) == "gan"
                                ? R"("latent": 2, "generator_hidden": 24, "generator_layers": 2,
                                     "critic_hidden": 24, "critic_layers": 2)"
                                : R"("layers": 2, "hidden": 24)";
  return {.model = Model::create(architecture, R"({"features": 1, "context_features": 3,
              "dtype": "float64", )" + sizes + "}"),
          .training = TrainingOptions(R"({"steps": 40, "batch": 128, "validation": 0,
              "learning_rate": 3e-3})"),
          .start = {-0.5, 0.6},
          .inputs = inputs(),
          .objective = nullptr,
          .simulator = bowl,
          .resources = threads};
}

constexpr char kOptions[] = R"({"region": [0.3, 0.2], "points": 9, "events": 32, "seed": 2})";

// The mean objective of the model's events at these parameters, with the draws of step 0.
double mean_of_surrogate(const Model& model, std::vector<double> at, int64_t draws, bool squared) {
  const std::shared_ptr<Dataset> from = inputs();
  const uint64_t first = uint64_t{1} << 40;
  double mean = 0;
  for (int64_t row = 0; row < draws; ++row) {
    const Stream stream{2, first + static_cast<uint64_t>(row), 1021, 0};
    const uint64_t chosen = draw_below(50, stream, 0, bits(stream, 0));
    const std::vector<double> context = {at[0], at[1], from->x[chosen]};
    double y = 0;
    model.sample(2, first + static_cast<uint64_t>(row), context, {&y, 1});
    mean += (squared ? y * y : y) / static_cast<double>(draws);
  }
  return mean;
}

TEST(LocalSurrogate, TheDerivativeIsThatOfTheModelsEvents) {
  for (const bool squared : {false, true}) {
    LocalSurrogate::Setting s = setting("gan");
    if (squared) s.objective = std::make_shared<Squares>();
    const std::shared_ptr<Model> model = s.model;
    LocalSurrogate search(s, R"({"region": [0.3, 0.2], "points": 9, "events": 32, "seed": 2,
        "draws": 64, "optimiser": "sgd", "learning_rate": 0.5})");
    search.advance(1);
    const Json told = Json::parse(search.describe());
    const std::vector<double> found = told["history"][0]["gradient"];
    const double region[] = {0.3, 0.2};
    for (size_t i = 0; i < 2; ++i) {
      constexpr double kStep = 1e-6;
      std::vector<double> up = {-0.5, 0.6}, down = up;
      up[i] += kStep;
      down[i] -= kStep;
      const double expected = (mean_of_surrogate(*model, up, 64, squared) -
                               mean_of_surrogate(*model, down, 64, squared)) /
                              (2 * kStep);
      EXPECT_NEAR(found[i], expected, 1e-5 * (1 + std::abs(expected)));
      // Steepest descent, in units of the region.
      const double start = i == 0 ? -0.5 : 0.6;
      const double moved =
          std::clamp(-0.5 * region[i] * region[i] * found[i], -region[i], region[i]);
      EXPECT_NEAR(search.parameters()[i], start + moved, 1e-12);
    }
  }
}

TEST(LocalSurrogate, PointsAreALatinHypercubeAboutThePresentOnes) {
  LocalSurrogate search(setting(), kOptions);
  search.advance(1);
  const Json told = Json::parse(search.describe());
  const Json& points = told["points"];
  ASSERT_EQ(points.size(), 9u);
  EXPECT_EQ(points[0]["parameters"], Json({-0.5, 0.6}));
  const double region[] = {0.3, 0.2};
  for (size_t i = 0; i < 2; ++i) {
    std::vector<int> layers;
    for (size_t p = 1; p < 9; ++p) {
      const double at = points[p]["parameters"][i];
      const double centre = i == 0 ? -0.5 : 0.6;
      layers.push_back(static_cast<int>(std::floor(4 * ((at - centre) / region[i] + 1))));
    }
    std::sort(layers.begin(), layers.end());
    EXPECT_EQ(layers, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}));
  }
  EXPECT_EQ(told["history"][0]["learned"], 9 * 32);
  EXPECT_EQ(told["simulated"], 9 * 32);
}

TEST(LocalSurrogate, FindsTheLeast) {
  for (const char* architecture : {"gan", "coupling_flow"}) {
    LocalSurrogate::Setting s = setting(architecture);
    s.training = TrainingOptions(R"({"steps": 120, "batch": 128, "validation": 0,
        "learning_rate": 3e-3})");
    LocalSurrogate search(s, R"({"region": [0.3], "points": 9, "events": 32, "moves": 5})");
    search.advance(15);
    EXPECT_NEAR(search.parameters()[0], 0.5, 0.15) << architecture;
    EXPECT_NEAR(search.parameters()[1], -0.3, 0.15) << architecture;
    const Json told = Json::parse(search.describe());
    EXPECT_LT(told["best"]["objective"], 0.1);
    EXPECT_EQ(search.simulated(), 15 * 9 * 32);
    // Old events near by are learned again.
    EXPECT_GT(told["history"][14]["learned"], 9 * 32);
  }
}

TEST(LocalSurrogate, AFailureLosesNothing) {
  LocalSurrogate undisturbed(setting(), kOptions);
  undisturbed.advance(3);
  int calls = 0;
  LocalSurrogate::Setting s = setting();
  s.simulator = [&](const SimulatorRequest& r) {
    if (++calls == 14) fail(Code::callback_failed, "out of paper");
    if (calls == 20) {
      r.out[0] = 1;  // and nothing else
      return;
    }
    bowl(r);
  };
  LocalSurrogate search(s, kOptions);
  expect_error(Code::callback_failed, "out of paper", [&] { search.advance(3); });
  EXPECT_EQ(search.step(), 1);
  EXPECT_EQ(search.simulated(), 13 * 32);
  const Json told = Json::parse(search.describe());
  EXPECT_EQ(told["points"].size(), 13u);
  EXPECT_EQ(told["history"].size(), 1u);
  EXPECT_FALSE(told["best"].is_null());
  expect_error(Code::not_finite, "row 1, column 0, at the parameters (",
               [&] { search.advance(2); });
  EXPECT_EQ(search.step(), 2);
  search.advance(1);
  EXPECT_EQ(calls, 29);
  EXPECT_EQ(search.describe(), undisturbed.describe());
}

TEST(LocalSurrogate, ABusyModelIsWaitedFor) {
  const LocalSurrogate::Setting s = setting();
  LocalSurrogate search(s, kOptions);
  {
    const Model::Hold hold(*s.model);
    expect_error(Code::busy, "model", [&] { search.advance(1); });
    EXPECT_EQ(search.simulated(), 9 * 32);
  }
  search.advance(1);
  EXPECT_EQ(search.simulated(), 9 * 32);
  EXPECT_EQ(search.step(), 1);
}

TEST(LocalSurrogate, AnyNumberOfThreadsGivesTheSameBits) {
  LocalSurrogate one(setting("gan", 1), kOptions);
  LocalSurrogate two(setting("gan", 2), kOptions);
  one.advance(2);
  two.advance(2);
  EXPECT_EQ(one.describe(), two.describe());
}

TEST(LocalSurrogate, BoundsAndTheRegionAreKept) {
  LocalSurrogate::Setting s = setting();
  s.start = {-0.5, 0.5};
  LocalSurrogate search(s, R"({"region": [0.3], "points": 9, "events": 32, "moves": 30,
      "learning_rate": 1, "lower": [-0.6, 0.4], "upper": [-0.45, 1]})");
  search.advance(2);
  for (const Json& point : Json::parse(search.describe())["points"]) {
    const std::vector<double> at = point["parameters"];
    EXPECT_GE(at[0], -0.6);
    EXPECT_LE(at[0], -0.45);
    EXPECT_GE(at[1], 0.4);
  }
  EXPECT_GE(search.parameters()[1], 0.4);
  EXPECT_LE(search.parameters()[0], -0.45);
}

TEST(LocalSurrogate, WhatDoesNotFitIsRefused) {
  const auto make = [](const std::function<void(LocalSurrogate::Setting&)>& change,
                       const std::string& options = kOptions) {
    return [change, options] {
      LocalSurrogate::Setting s = setting();
      change(s);
      const LocalSurrogate search(s, options);
    };
  };
  const auto as_it_is = [](LocalSurrogate::Setting&) {};
  expect_error(Code::shape_mismatch, "3 context features; 3 parameters and 1 inputs need 4",
               make(
                   [](auto& s) {
                     s.start = {1, 2, 3};
                   },
                   "{}"));
  expect_error(Code::shape_mismatch, "3 context features; 2 parameters and 0 inputs",
               make([](auto& s) { s.inputs = nullptr; }));
  expect_error(Code::empty_data, "no parameters", make([](auto& s) { s.start = {}; }, "{}"));
  expect_error(Code::shape_mismatch, "surrogate.region has 3 entries",
               make(as_it_is, R"({"region": [1, 1, 1]})"));
  expect_error(Code::out_of_range, "region", make(as_it_is, R"({"region": [0]})"));
  expect_error(Code::out_of_range, "parameter 1 starts at 0.6",
               make(as_it_is, R"({"upper": [0.5]})"));
  expect_error(Code::empty_data, "training.batch = 128",
               make(as_it_is, R"({"points": 2, "events": 60})"));
  expect_error(Code::not_found, "points", make(as_it_is, R"({"point": 2})"));
  expect_error(Code::invalid_argument, "training.checkpoint", make([](auto& s) {
                 s.training = TrainingOptions(R"({"batch": 128, "checkpoint": "x"})");
               }));
  expect_error(Code::unsupported, "pivot", make([](auto& s) {
                 s.model = Model::create("pivot", R"({"features": 1, "context_features": 3})");
               }));
}

}  // namespace
}  // namespace castalia
