// The games of several resolutions, and the term that keeps kernels orthogonal, by plain loops.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/compile/compile.h"
#include "cpp/nn/adversarial.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/workspace.h"
#include "models/fit.h"
#include "models/model.h"

namespace castalia {
namespace {

constexpr int64_t kRows = 6;
constexpr size_t kHeight = 6;
constexpr size_t kWidth = 5;
constexpr size_t kCells = kHeight * kWidth;

std::string fields(const std::string& more = "") {
  return R"({"shape": [6, 5], "smallest": 2, "latent": 9, "channels": 4, "cells": "reals",
             "dtype": "float64")" +
         more + "}";
}

std::shared_ptr<Dataset> noise(int64_t rows) {
  auto data = std::make_shared<Dataset>();
  data->rows = rows;
  data->features = kCells;
  data->x.resize(static_cast<size_t>(rows) * kCells);
  fill_normal(Stream{4, 0, 1, 0}, data->x);
  return data;
}

std::shared_ptr<Model> fitted(const std::string& more) {
  const std::shared_ptr<Model> model = Model::create("stacked", fields(more));
  const std::shared_ptr<Dataset> data = noise(kRows);
  model->fit_preprocessing(data->x, {});
  return model;
}

// The contest of the first rows, with what `outputs` puts out.
template <typename Outputs>
std::unique_ptr<Workspace> run(Model& model, Outputs outputs) {
  Graph graph;
  const Value flat = graph.state("parameters", {DType::float64, {model.parameter_table().count()}});
  Trace trace(graph, model.parameter_table(), flat, DType::float64);
  trace.seed = graph.scalar(11, DType::int64);
  trace.first_event = graph.scalar(0, DType::int64);
  trace.training = true;
  const Value x = graph.input("x", {DType::float64, {kRows, static_cast<int64_t>(kCells)}});
  outputs(graph, trace, model.network().adversarial()->contest(trace, x, {}));
  auto workspace = std::make_unique<Workspace>(compile(graph, {.rows_independent = false}));
  workspace->bind_state("parameters", model.parameters());
  const std::shared_ptr<Dataset> data = noise(kRows);
  std::memcpy(workspace->input("x"), data->x.data(), data->x.size() * sizeof(double));
  workspace->run();
  return workspace;
}

TEST(Stacked, EveryResolutionHasItsGame) {
  const std::shared_ptr<Model> model = fitted(R"(, "resolutions": 2)");
  const auto workspace = run(*model, [](Graph& graph, Trace&, const Adversarial::Contest& contest) {
    ASSERT_EQ(contest.games.size(), 2U);
    const Game& coarse = contest.games[0];
    const Game& fine = contest.games[1];
    EXPECT_EQ(coarse.made.shape(), (Shape{kRows, 3, 3, 1}));
    EXPECT_EQ(fine.made.shape(), (Shape{kRows, 6, 5, 1}));
    graph.output("coarse", coarse.real);
    graph.output("fine", fine.real);
    EXPECT_EQ(coarse.critic(coarse.made).shape(), (Shape{kRows, 1}));
    EXPECT_NE(coarse.critic(coarse.made), fine.critic(fine.made));
  });
  const auto* coarse = static_cast<const double*>(workspace->output("coarse"));
  const auto* fine = static_cast<const double*>(workspace->output("fine"));
  for (size_t row = 0; row < kRows; ++row) {
    for (size_t i = 0; i < 3; ++i) {
      for (size_t j = 0; j < 3; ++j) {
        double sum = 0;
        double count = 0;
        for (size_t y = 2 * i; y < std::min(2 * i + 2, kHeight); ++y) {
          for (size_t x = 2 * j; x < std::min(2 * j + 2, kWidth); ++x, ++count) {
            sum += fine[row * kCells + y * kWidth + x];
          }
        }
        EXPECT_NEAR(coarse[(row * 3 + i) * 3 + j], sum / count, 1e-14);
      }
    }
  }
}

TEST(Stacked, KernelsAreKeptOrthogonal) {
  constexpr double kWeight = 0.5;
  const std::shared_ptr<Model> model = fitted(R"(, "orthogonality": 0.5)");
  const auto workspace = run(*model, [](Graph& graph, Trace&, const Adversarial::Contest& contest) {
    EXPECT_FALSE(contest.further.of_critic);
    graph.output("term", contest.further.of_generator);
  });
  const std::vector<double> weights = model->parameter_values();
  double expected = 0;
  int kernels = 0;
  for (const Parameter& each : model->parameter_table().parameters()) {
    const bool of_block = each.name.starts_with("generator.block_");
    if (!of_block || each.name.find(".conv_") == std::string::npos) continue;
    ++kernels;
    const int64_t outputs = each.shape.back();
    const int64_t inputs = each.shape.count() / outputs;
    const double* weight = weights.data() + each.offset;
    for (int64_t a = 0; a < outputs; ++a) {
      for (int64_t b = 0; b < outputs; ++b) {
        double product = 0;
        for (int64_t i = 0; i < inputs; ++i)
          product += weight[i * outputs + a] * weight[i * outputs + b];
        if (a != b) expected += kWeight * product * product;
      }
    }
  }
  EXPECT_EQ(kernels, 4);
  const auto* term = static_cast<const double*>(workspace->output("term"));
  for (int64_t row = 0; row < kRows; ++row) EXPECT_NEAR(term[row], expected, 1e-10 * expected);
  run(*fitted(R"(, "orthogonality": 0)"), [](Graph& graph, Trace&, const Adversarial::Contest& c) {
    EXPECT_FALSE(c.further.of_generator);
    graph.output("made", c.games[0].made);
  });
}

TEST(Stacked, ALatentShareReachesEveryBlock) {
  // Without the start, all that differs between events came through the blocks' shares.
  const std::shared_ptr<Model> model = fitted("");
  std::vector<double> weights = model->parameter_values();
  for (const Parameter& each : model->parameter_table().parameters()) {
    if (each.name != "generator.start.weight") continue;
    std::fill_n(weights.begin() + each.offset, each.shape.count(), 0.0);
    const int64_t units = each.shape.back();
    for (int64_t i = 0; i < units; ++i) {
      weights[static_cast<size_t>(each.offset + each.shape.count() + i)] =
          0.1 * static_cast<double>(i % 7);
    }
  }
  model->set_parameter_values(weights);
  std::vector<double> events(2 * kCells);
  model->sample(1, 0, {}, events);
  EXPECT_FALSE(std::equal(events.begin(), events.begin() + kCells, events.begin() + kCells));
}

TEST(Stacked, RefusesWhatDoesNotGoTogether) {
  const auto message = [](const std::string& more) {
    try {
      Model::create("stacked", fields(more));
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::out_of_range);
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(message(R"(, "resolutions": 3)").find("stacked.resolutions"), std::string::npos);
  EXPECT_EQ(message(R"(, "resolutions": 2)"), "");
}

TEST(Stacked, GoesOnWithTheSameBits) {
  const std::shared_ptr<Dataset> data = noise(300);
  const std::string path = testing::TempDir() + "stacked_test.checkpoint";
  std::remove(path.c_str());
  const auto model = Model::create("stacked", fields(R"(, "resolutions": 2)"));
  const auto trainer = [&](int64_t until, int threads, const std::string& more) {
    auto made =
        make_trainer(*model, data,
                     TrainingOptions(R"({"steps": 8, "batch": 16, "adversarial_loss": "hinge",
                                 "validate_every": 4, "ema": 0.9)" +
                                     more + "}"),
                     threads);
    made->advance(until);
    return made;
  };
  const std::string checkpoint = R"(, "checkpoint_every": 3, "checkpoint": ")" + path + "\"";
  const auto whole = trainer(8, 1, "");
  trainer(3, 2, checkpoint);
  EXPECT_EQ(trainer(5, 2, checkpoint)->parameter_values(), whole->parameter_values());
  std::remove(path.c_str());
}

}  // namespace
}  // namespace castalia
