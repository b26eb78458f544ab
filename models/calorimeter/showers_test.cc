// Showers by flows: energies that add up, and what is refused, for every architecture of them.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "models/calorimeter/showers_for_test.h"

namespace castalia {
namespace {

class Showers : public testing::TestWithParam<std::string> {};

// The flow of the cells shares out what the flow of the layers gives: whatever its weights are.
TEST_P(Showers, CellsAddUpToTheEnergiesOfTheirLayers) {
  const std::shared_ptr<Model> model = trained_showers(GetParam(), 50);
  const std::vector<double> before = drawn_showers(*model);
  std::vector<double> weights = model->parameter_values();
  for (const Parameter& each : model->parameter_table().parameters()) {
    if (!each.name.starts_with("cells")) continue;
    for (int64_t i = 0; i < each.shape.count(); ++i) {
      weights[static_cast<size_t>(each.offset + i)] += std::sin(static_cast<double>(i));
    }
  }
  model->set_parameter_values(weights);
  const std::vector<double> after = drawn_showers(*model);
  EXPECT_NE(after, before);
  const std::vector<double> expected = layer_energies(before);
  const std::vector<double> found = layer_energies(after);
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], 1e-13 * expected[i]) << i;
  }
  for (const double cell : after) EXPECT_GE(cell, 0);
}

TEST_P(Showers, LearnsWhichLayersAndCellsAreEmpty) {
  const std::vector<double> found = drawn_showers(*trained_showers(GetParam(), 800));
  const std::vector<double> given = test_showers(kTestDrawn)->x;
  const auto share_empty = [](const std::vector<double>& x, size_t columns, size_t column) {
    double count = 0;
    for (size_t i = column; i < x.size(); i += columns) count += x[i] == 0 ? 1 : 0;
    return count / static_cast<double>(x.size() / columns);
  };
  const auto mean = [](const std::vector<double>& x, size_t column) {
    double total = 0;
    for (size_t i = column; i < x.size(); i += 2) total += x[i];
    return total / static_cast<double>(x.size() / 2);
  };
  EXPECT_NEAR(share_empty(found, kTestCells, 2), 0.5, 0.06);
  EXPECT_NEAR(share_empty(layer_energies(found), 2, 1), 0.2, 0.05);
  for (const size_t layer : {0, 1}) {
    const double expected = mean(layer_energies(given), layer);
    EXPECT_NEAR(mean(layer_energies(found), layer), expected, 0.04 * expected);
  }
}

TEST_P(Showers, GoesOnFromACheckpointWithTheSameBits) {
  const std::string checkpoint = testing::TempDir() + "/showers.checkpoint";
  std::remove(checkpoint.c_str());
  const TrainingOptions options(text(R"({"batch": 64, "steps": 12, "checkpoint_every": 5,
      "validate_every": 4, "checkpoint": ")",
                                     checkpoint, "\"}"));
  const std::shared_ptr<Model> model = shower_model(GetParam());
  const auto trainer = [&](int threads) {
    return make_trainer(*model, test_showers(500), options, threads);
  };
  const std::unique_ptr<Trainer> whole = trainer(1);
  whole->advance(7);  // saved at 5
  const std::unique_ptr<Trainer> resumed = trainer(2);
  EXPECT_EQ(resumed->step(), 5);
  resumed->advance(12);
  whole->advance(12);
  const auto count = static_cast<size_t>(model->parameter_table().count());
  const auto values = [count](const Trainer& from) {
    const std::vector<double> all = from.parameter_values();
    return std::vector<double>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
  };
  EXPECT_EQ(values(*resumed), values(*whole));
  std::remove(checkpoint.c_str());
}

TEST_P(Showers, TakesEmptyShowersAndRefusesWhatIsNone) {
  const auto fit = [](auto&& change) {
    const std::shared_ptr<Dataset> data = test_showers(200);
    change(*data);
    const std::shared_ptr<Model> model = shower_model(GetParam());
    const std::unique_ptr<Trainer> trainer =
        make_trainer(*model, data, TrainingOptions(R"({"batch": 64, "steps": 2})"), 1);
    trainer->advance(2);
    adopt(*model, *trainer);
    for (const double cell : drawn_showers(*model)) ASSERT_TRUE(std::isfinite(cell));
  };
  fit([](Dataset& d) { std::fill_n(d.x.begin(), 20 * kTestCells, 0.0); });  // twenty empty showers
  expect_error(Code::invalid_argument, "all showers are empty",
               [&] { fit([](Dataset& d) { std::fill(d.x.begin(), d.x.end(), 0.0); }); });
  expect_error(Code::out_of_range, "x row 3, column 2: the value is -1",
               [&] { fit([](Dataset& d) { d.x[3 * kTestCells + 2] = -1; }); });
  expect_error(Code::out_of_range, "context row 4, column 0: the value is 0",
               [&] { fit([](Dataset& d) { d.context[4] = 0; }); });
  expect_error(Code::not_finite, "x row 0, column 1",
               [&] { fit([](Dataset& d) { d.x[1] = std::numeric_limits<double>::quiet_NaN(); }); });
  expect_error(Code::shape_mismatch, "4 features, the model 5", [&] {
    fit([](Dataset& d) {
      d.features = 4;
      d.x.resize(200 * 4);
    });
  });
  expect_error(Code::invalid_argument, GetParam() + ".cells is required",
               [&] { Model::create(GetParam(), "{}"); });
  expect_error(Code::invalid_argument, GetParam() + ".cells is empty",
               [&] { Model::create(GetParam(), R"({"cells": []})"); });
  expect_error(Code::invalid_argument, "tails",
               [&] { shower_model(GetParam(), R"(, "transformer": "affine")"); });
  const std::shared_ptr<Model> model = trained_showers(GetParam(), 1);
  std::vector<double> out(kTestCells);
  const double negative = -5;
  expect_error(Code::out_of_range, "incident energies are above 0", [&] {
    model->sample(1, 0, {&negative, 1}, out);
  });
}

INSTANTIATE_TEST_SUITE_P(Architectures, Showers, testing::Values("caloflow", "l2l_flows"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace castalia
