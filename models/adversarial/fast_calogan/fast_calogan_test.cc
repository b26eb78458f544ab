// Slices that know nothing of each other, showers that add up, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/compile/compile.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/workspace.h"
#include "models/adversarial/fast_calogan/sliced_view.h"
#include "models/fit.h"
#include "models/model.h"

namespace castalia {
namespace {

constexpr size_t kFirst = 4;  // cells of the first layer
constexpr size_t kCells = 7;
constexpr char kFields[] =
    R"("cells": [4, 3], "slices": [0, 0.5, 1.5], "latent": 8,
    "generator_hidden": [16, 24], "critic_hidden": [24, 24], "dtype": "float64")";

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

// In slice 0, two thirds or so of nine tenths of the energy lie in the first layer; in slice 1, a
// quarter of seven tenths. A fifth of the cells is empty. Rows alternate.
std::shared_ptr<Dataset> showers(int64_t rows) {
  auto data = std::make_shared<Dataset>();
  data->rows = rows;
  data->features = kCells;
  data->context_features = 2;
  for (int64_t row = 0; row < rows; ++row) {
    double u[2 * kCells + 4];
    fill_uniform(Stream{3, static_cast<uint64_t>(row), 1, 0}, u);
    const bool second = row % 2 == 1;
    const double incident = 10 + 40 * u[0];
    const double first = (second ? 0.2 : 0.6) + 0.1 * u[1];
    const double energy = (second ? 0.7 : 0.9) * incident * (1 + 0.05 * u[2]);
    double cells[kCells];
    double sums[2] = {1e-12, 1e-12};
    for (size_t i = 0; i < kCells; ++i) {
      cells[i] = u[4 + i] < 0.2 ? 0 : u[4 + kCells + i];
      sums[i < kFirst ? 0 : 1] += cells[i];
    }
    for (size_t i = 0; i < kCells; ++i) {
      const bool of_first = i < kFirst;
      data->x.push_back(energy * cells[i] * (of_first ? first : 1 - first) /
                        sums[of_first ? 0 : 1]);
    }
    data->context.push_back(incident);
    data->context.push_back(second ? 0.5 + u[3] : 0.5 * u[3]);
  }
  return data;
}

std::shared_ptr<Model> fitted(const std::string& more = "") {
  std::shared_ptr<Model> model =
      Model::create("fast_calogan", std::string("{") + kFields + more + "}");
  const std::shared_ptr<Dataset> data = showers(400);
  model->fit_preprocessing(data->x, data->context);
  return model;
}

std::vector<double> drawn(const Model& model, const std::vector<double>& context) {
  std::vector<double> out(context.size() / 2 * kCells);
  model.sample(7, 0, context, out);
  return out;
}

// Values of every other row.
std::vector<double> of_slice(const std::vector<double>& x, size_t slice) {
  std::vector<double> out;
  for (size_t row = slice; row < x.size() / kCells; row += 2) {
    out.insert(out.end(), x.begin() + static_cast<long>(row * kCells),
               x.begin() + static_cast<long>((row + 1) * kCells));
  }
  return out;
}

struct Figures {
  double first = 0;     // the share of the first layer in all energy
  double response = 0;  // the mean of the energy over the incident one
};
Figures figures(const std::vector<double>& x, const std::vector<double>& context, size_t slice) {
  Figures found;
  double all = 0;
  const size_t rows = context.size() / 2;
  for (size_t row = slice; row < rows; row += 2) {
    double first = 0;
    double sum = 0;
    for (size_t i = 0; i < kCells; ++i) {
      sum += x[row * kCells + i];
      if (i < kFirst) first += x[row * kCells + i];
    }
    found.first += first;
    all += sum;
    found.response += sum / context[2 * row] / static_cast<double>(rows / 2);
  }
  found.first /= all;
  return found;
}

TEST(FastCaloGan, WhatHappensInOneSliceLeavesTheOthersAsTheyWere) {
  const std::shared_ptr<Model> model = fitted();
  const std::vector<double> context = showers(200)->context;
  const std::vector<double> before = drawn(*model, context);
  std::vector<double> weights = model->parameter_values();
  // A matrix of each slice, one behind the other, as the biases are: slice 0 is the first half.
  int64_t changed = 0;
  for (const Parameter& each : model->parameter_table().parameters()) {
    if (!each.name.starts_with("generator.")) continue;
    for (int64_t i = 0; i < each.shape.count() / 2; ++i, ++changed) {
      weights[static_cast<size_t>(each.offset + i)] += 0.1;
    }
  }
  ASSERT_GT(changed, 0);
  model->set_parameter_values(weights);
  const std::vector<double> after = drawn(*model, context);
  EXPECT_EQ(of_slice(after, 1), of_slice(before, 1));
  const std::vector<double> now = of_slice(after, 0);
  const std::vector<double> then = of_slice(before, 0);
  for (size_t row = 0; row < now.size() / kCells; ++row) {
    const auto at = static_cast<long>(row * kCells);
    EXPECT_FALSE(std::equal(now.begin() + at, now.begin() + at + kCells, then.begin() + at)) << row;
  }
}

TEST(FastCaloGan, ASliceDrawsTheSameInAnyMixtureOfSlices) {
  const std::shared_ptr<Model> model = fitted();
  const std::vector<double> context = showers(64)->context;
  const std::vector<double> together = drawn(*model, context);
  for (size_t row = 0; row < 64; ++row) {
    std::vector<double> one(kCells);
    model->sample(7, row, std::span(context).subspan(2 * row, 2), one);
    EXPECT_TRUE(
        std::equal(one.begin(), one.end(), together.begin() + static_cast<long>(row * kCells)));
  }
}

TEST(FastCaloGan, EdgesBelongToTheSliceAboveThem) {
  const SlicedView view({4, 3}, {0, 0.5, 1.5, 2}, 0);
  const std::vector<double> values = {0, 0.4999, 0.5, 1.4999, 1.5, 1.9999};
  Graph graph;
  const Value context = graph.input("context", {DType::float64, {6, 2}});
  graph.output("slices", cast(view.slice_of(context), DType::float64));
  Workspace workspace(compile(graph));
  auto* in = static_cast<double*>(workspace.input("context"));
  for (size_t row = 0; row < 6; ++row) {
    in[2 * row] = 1;
    in[2 * row + 1] = values[row];
  }
  workspace.run();
  const auto* slices = static_cast<const double*>(workspace.output("slices"));
  const std::vector<double> expected = {0, 0, 1, 1, 2, 2};
  EXPECT_EQ(std::vector<double>(slices, slices + 6), expected);
}

// What a critic sees, by plain loops.
TEST(FastCaloGan, SharesOfTheEnergyAreScaledInEachSlice) {
  constexpr size_t kRows = 300;
  constexpr size_t kColumns = kCells + 3;
  constexpr double kThreshold = 0.4;
  SlicedView view({4, 3}, {0, 0.5, 1.5}, kThreshold);
  const std::shared_ptr<Dataset> data = showers(kRows);
  view.fit(data->x, data->context);
  Graph graph;
  const Value x = graph.input("x", {DType::float64, {kRows, kCells}});
  const Value context = graph.input("context", {DType::float64, {kRows, 2}});
  graph.output("seen", view.of(x, context));
  graph.output("back", view.showers(view.of(x, context), context));
  Workspace workspace(compile(graph));
  std::memcpy(workspace.input("x"), data->x.data(), data->x.size() * sizeof(double));
  std::memcpy(workspace.input("context"), data->context.data(),
              data->context.size() * sizeof(double));
  workspace.run();
  const auto* seen = static_cast<const double*>(workspace.output("seen"));
  std::vector<double> shares(kRows * kColumns);
  for (size_t row = 0; row < kRows; ++row) {
    double* of_row = &shares[row * kColumns];
    for (size_t i = 0; i < kCells; ++i) {
      const double cell = data->x[row * kCells + i];
      of_row[i] = cell < kThreshold ? 0 : cell / data->context[2 * row];
      of_row[kCells + (i < kFirst ? 0 : 1)] += of_row[i];
      of_row[kCells + 2] += of_row[i];
    }
  }
  for (size_t slice = 0; slice < 2; ++slice) {
    for (size_t column = 0; column < kColumns; ++column) {
      double mean = 0;
      double square = 0;
      for (size_t row = slice; row < kRows; row += 2) {
        mean += shares[row * kColumns + column] / (kRows / 2);
        square += std::pow(shares[row * kColumns + column], 2) / (kRows / 2);
      }
      const double shift = column < kCells ? 0 : mean;
      const double scale = std::sqrt(square - shift * shift);
      for (size_t row = slice; row < kRows; row += 2) {
        EXPECT_NEAR(seen[row * kColumns + column],
                    (shares[row * kColumns + column] - shift) / scale, 1e-9);
      }
    }
  }
  // A true shower's own numbers give it back.
  const auto* back = static_cast<const double*>(workspace.output("back"));
  for (size_t row = 0; row < kRows; ++row) {
    for (size_t i = 0; i < kCells; ++i) {
      const double expected = shares[row * kColumns + i] * data->context[2 * row];
      EXPECT_NEAR(back[row * kCells + i], expected, 1e-9);
    }
  }
}

TEST(FastCaloGan, CellsAreEmptyOrAboveTheThreshold) {
  constexpr double kThreshold = 1.5;
  const std::vector<double> cells =
      drawn(*fitted(text(R"(, "threshold": )", kThreshold)), showers(300)->context);
  size_t empty = 0;
  for (const double cell : cells) {
    EXPECT_TRUE(cell == 0 || cell >= kThreshold) << cell;
    empty += cell == 0 ? 1 : 0;
  }
  EXPECT_GT(empty, 0u);
  EXPECT_LT(empty, cells.size());
}

TEST(FastCaloGan, LearnsEverySlice) {
  constexpr int64_t kSteps = 500;
  const std::shared_ptr<Dataset> data = showers(2000);
  const std::shared_ptr<Model> model =
      Model::create("fast_calogan", std::string("{") + kFields + "}");
  const std::unique_ptr<Trainer> trainer = make_trainer(
      *model, data,
      TrainingOptions(text(R"({"batch": 64, "learning_rate": 1e-3, "beta1": 0.5, "steps": )",
                           kSteps, R"(, "adversarial_loss": "wasserstein", "critic_steps": 3,
                           "regularisers": ["gradient_penalty"]})")),
      1);
  trainer->advance(kSteps);
  adopt(*model, *trainer);
  const std::vector<double> found = drawn(*model, data->context);
  for (const size_t slice : {0, 1}) {
    const Figures expected = figures(data->x, data->context, slice);
    const Figures now = figures(found, data->context, slice);
    EXPECT_NEAR(now.first, expected.first, 0.06) << slice;
    EXPECT_NEAR(now.response, expected.response, 0.05) << slice;
  }
}

TEST(FastCaloGan, RefusesSlicesThatDoNotExist) {
  const std::shared_ptr<Model> model = fitted();
  for (const double wrong : {-0.1, 1.5, 7.0}) {
    expect_error(Code::out_of_range,
                 text("context row 1, column 1: ", wrong,
                      " is in no slice; allowed: from 0 up to, but without, 1.5"),
                 [&] {
                   drawn(*model, {20, 0.2, 20, wrong});
                 });
  }
  expect_error(Code::not_finite, "context row 0, column 1", [&] {
    drawn(*model, {20, std::numeric_limits<double>::quiet_NaN()});
  });
  expect_error(Code::out_of_range, "context row 0, column 0", [&] { drawn(*model, {0, 0.2}); });
  expect_error(Code::empty_data, "no showers of slice 1, from 0.5 to 1.5", [] {
    const std::shared_ptr<Model> lacking =
        Model::create("fast_calogan", std::string("{") + kFields + "}");
    const std::vector<double> context = {20, 0.1, 30, 0.2};
    lacking->fit_preprocessing(std::vector<double>(2 * kCells, 1.0), context);
  });
}

TEST(FastCaloGan, RefusesFieldsThatDoNotGoTogether) {
  const auto create = [](const std::string& json) {
    return [json] { Model::create("fast_calogan", json); };
  };
  expect_error(Code::invalid_argument, "fast_calogan.slices has 1 entries",
               create(R"({"cells": [4], "slices": [0]})"));
  expect_error(Code::invalid_argument, "fast_calogan.slices: 2 stands before 1",
               create(R"({"cells": [4], "slices": [0, 2, 1]})"));
  expect_error(Code::invalid_argument, "fast_calogan.cells is empty",
               create(R"({"cells": [], "slices": [0, 1]})"));
  expect_error(Code::corrupt_file, "scales", [] {
    const std::shared_ptr<Model> model = fitted();
    std::string json = model->preprocessing_json();
    json.replace(json.find("\"scales\":["), 10, "\"scales\":[-1,");
    model->set_preprocessing_json(json);
  });
}

}  // namespace
}  // namespace castalia
