// What images keep to whatever the weights are, what is refused, and that they are learned.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "models/fit.h"
#include "models/model.h"

namespace castalia {
namespace {

constexpr size_t kSide = 7;
constexpr size_t kCells = kSide * kSide;
constexpr char kFields[] = R"("shape": [7, 7], "smallest": 2, "latent": 8, "channels": 8,
    "context_features": 1, "softness": 1e-2, "dtype": "float64")";

std::string fields(const std::string& more = "") { return std::string("{") + kFields + more + "}"; }

// Blobs of the total energy in the context, at places of their own; a threshold leaves most cells
// empty.
std::shared_ptr<Dataset> blobs(int64_t rows) {
  auto data = std::make_shared<Dataset>();
  data->rows = rows;
  data->features = kCells;
  data->context_features = 1;
  for (int64_t row = 0; row < rows; ++row) {
    double u[3];
    fill_uniform(Stream{3, static_cast<uint64_t>(row), 1, 0}, u);
    std::vector<double> cells;
    for (size_t i = 0; i < kCells; ++i) {
      const double dy = static_cast<double>(i / kSide) - 2.5 - u[0];
      const double dx = static_cast<double>(i % kSide) - 2.5 - u[1];
      const double cell = (10 + 10 * u[2]) * std::exp(-(dx * dx + dy * dy) / 2);
      cells.push_back(cell < 1 ? 0 : cell);
    }
    double total = 0;
    for (const double cell : cells) total += cell;
    data->x.insert(data->x.end(), cells.begin(), cells.end());
    data->context.push_back(total);
  }
  return data;
}

std::shared_ptr<Model> fitted(const std::string& more = "") {
  const std::shared_ptr<Model> model = Model::create("dcgan", fields(more));
  const std::shared_ptr<Dataset> data = blobs(300);
  model->fit_preprocessing(data->x, data->context);
  return model;
}

std::vector<double> drawn(const Model& model, const std::vector<double>& context) {
  std::vector<double> out(context.size() * kCells);
  model.sample(7, 0, context, out);
  return out;
}

TEST(Dcgan, CellsAreEmptyOrAboveTheThresholdAndAddUpToTheTotal) {
  const std::vector<double> totals = blobs(200)->context;
  for (const bool has_total : {false, true}) {
    const auto model = fitted(text(R"(, "threshold": 1.5, "total_column": )", has_total ? 0 : -1));
    const std::vector<double> cells = drawn(*model, totals);
    size_t empty = 0;
    for (size_t row = 0; row < totals.size(); ++row) {
      double sum = 0;
      for (size_t i = 0; i < kCells; ++i) {
        const double cell = cells[row * kCells + i];
        EXPECT_TRUE(cell == 0 || cell >= 1.5) << cell;
        empty += cell == 0 ? 1 : 0;
        sum += cell;
      }
      if (has_total && sum > 0) {
        EXPECT_NEAR(sum, totals[row], 1e-12 * totals[row]);
      }
    }
    EXPECT_GT(empty, cells.size() / 20);
    EXPECT_LT(empty, cells.size());
  }
}

TEST(Dcgan, TruncationDrawsFarNumbersAgain) {
  const std::vector<double> totals(400, 60.0);
  const auto spread = [&](const std::string& truncation) {
    const auto model = fitted(R"(, "cells": "reals", "latent_distribution": "normal",
        "generator_normalisation": "none", "truncation": )" +
                              truncation);
    const std::vector<double> cells = drawn(*model, totals);
    double squares = 0;
    for (size_t i = 0; i < cells.size(); ++i) {
      squares += std::pow(cells[i] - cells[i % kCells], 2);
    }
    return squares;
  };
  // Numbers that lie near enough stay what they were.
  EXPECT_EQ(spread("10"), spread("0"));
  EXPECT_LT(spread("0.5"), 0.5 * spread("0"));
  EXPECT_GT(spread("0.5"), 0.01 * spread("0"));
}

TEST(Dcgan, RefusesWhatDoesNotGoTogether) {
  const auto expect_refused = [](const std::string& json, Code code, const std::string& part) {
    try {
      Model::create("dcgan", json);
      ADD_FAILURE() << json;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  const Code invalid = Code::invalid_argument;
  expect_refused("{}", invalid, "shape");
  expect_refused(R"({"shape": []})", invalid, "dcgan.shape has 0 extents");
  expect_refused(R"({"shape": [5, 5, 5, 5]})", invalid, "dcgan.shape has 4 extents");
  expect_refused(R"({"shape": [5, 0]})", Code::out_of_range, "shape");
  expect_refused(R"({"shape": [3, 4]})", invalid, "no extent above smallest = 4");
  expect_refused(R"({"shape": [65536, 65536, 65536]})", Code::out_of_range, "dcgan.shape");
  expect_refused(R"({"shape": [8], "total_column": 0})", Code::out_of_range, "total_column");
  expect_refused(R"({"shape": [8], "cells": "reals", "threshold": 1})", invalid, "threshold");
  expect_refused(R"({"shape": [8], "cells": "reals", "context_features": 1, "total_column": 0})",
                 invalid, "total_column");
  expect_refused(R"({"shape": [8], "conditioning": "film"})", invalid, "dcgan.conditioning");
  expect_refused(R"({"shape": [8], "truncation": 1})", invalid, "dcgan.truncation");

  const auto refuses_data = [](std::vector<double> x, std::vector<double> context) {
    const auto model = Model::create("dcgan", fields(R"(, "total_column": 0)"));
    try {
      model->fit_preprocessing(x, context);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const std::shared_ptr<Dataset> data = blobs(5);
  EXPECT_EQ(refuses_data(data->x, data->context), "");
  std::vector<double> x = data->x;
  x[kCells + 3] = -1;
  EXPECT_NE(refuses_data(x, data->context).find("x row 1, column 3"), std::string::npos);
  std::vector<double> context = data->context;
  context[4] = 0;
  EXPECT_NE(refuses_data(data->x, context).find("context row 4, column 0"), std::string::npos);
}

TEST(Dcgan, SlopesOfACriticThatSeesItsBatchAreNotPenalised) {
  const auto model = Model::create("dcgan", fields(R"(, "critic_normalisation": "batch")"));
  const TrainingOptions options(
      R"({"steps": 1, "batch": 32, "regularisers": ["gradient_penalty"]})");
  EXPECT_THROW(make_trainer(*model, blobs(100), options, 1), Error);
}

TEST(Dcgan, LearnsWhereTheEnergyIsWithTheSameBitsForAnyThreads) {
  constexpr int64_t kSteps = 200;
  const std::shared_ptr<Dataset> data = blobs(2000);
  const std::shared_ptr<Model> model = Model::create("dcgan", fields(R"(, "total_column": 0)"));
  const auto trained = [&](int threads, int64_t steps) {
    auto trainer = make_trainer(
        *model, data,
        TrainingOptions(text(R"({"batch": 64, "learning_rate": 2e-3, "optimiser": "adam",
            "beta1": 0.5, "validation": 0.1, "validate_every": 100, "ema": 0.9, "steps": )",
                             kSteps, R"(, "adversarial_loss": "wasserstein", "critic_steps": 2,
            "regularisers": ["gradient_penalty"]})")),
        threads);
    trainer->advance(steps);
    return trainer;
  };
  EXPECT_EQ(trained(1, 5)->parameter_values(), trained(2, 5)->parameter_values());
  adopt(*model, *trained(1, kSteps));
  // Statistics that the samples are normalised by are not those of the first weights.
  const std::vector<double> weights = model->parameter_values();
  for (const Parameter& each : model->parameter_table().parameters()) {
    if (each.trainable) continue;
    const double first = each.initializer == Initializer::ones ? 1 : 0;
    EXPECT_NE(weights[static_cast<size_t>(each.offset)], first) << each.name;
  }
  const std::vector<double> found = drawn(*model, data->context);
  const auto mean_image = [&](const std::vector<double>& x) {
    std::vector<double> mean(kCells);
    for (size_t i = 0; i < x.size(); ++i) {
      mean[i % kCells] += x[i] / static_cast<double>(data->rows);
    }
    return mean;
  };
  const std::vector<double> expected = mean_image(data->x);
  const std::vector<double> made = mean_image(found);
  double apart = 0;
  double whole = 0;
  for (size_t i = 0; i < kCells; ++i) {
    apart += std::abs(made[i] - expected[i]);
    whole += expected[i];
  }
  EXPECT_LT(apart, 0.25 * whole);
}

}  // namespace
}  // namespace castalia
