// Showers: coordinates there and back, energies that add up, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "models/fit.h"
#include "models/model.h"

namespace castalia {
namespace {

constexpr size_t kCells = 5;  // three of the first layer, two of the second
constexpr char kFields[] = R"("cells": [3, 2], "layers": 2, "hidden": 24, "energy_layers": 3,
                              "energy_hidden": 16, "noise": 0.01, "threshold": 0.02)";

std::shared_ptr<Model> caloflow(const std::string& more = "") {
  return Model::create("caloflow", std::string("{") + kFields + more + "}");
}

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

// Half of the energy, more or less, in the first layer, shared among cells of which the third is
// empty in half of the showers; the second layer is empty in a fifth of them.
std::shared_ptr<Dataset> showers(int64_t rows) {
  auto data = std::make_shared<Dataset>();
  data->rows = rows;
  data->features = kCells;
  data->context_features = 1;
  for (int64_t row = 0; row < rows; ++row) {
    double u[6];
    fill_uniform(Stream{3, static_cast<uint64_t>(row), 1, 0}, u);
    const double incident = 10 + 40 * u[0];
    const double first = u[1] < 0.2 ? 1 : 0.3 + 0.4 * u[2];
    const double third = u[3] < 0.5 ? 0 : 0.2 * u[4];
    const double energy = 0.9 * incident * (1 + 0.02 * u[5]);
    for (const double share : {first * 0.7 * (1 - third), first * 0.3 * (1 - third), first * third,
                               (1 - first) * u[4], (1 - first) * (1 - u[4])}) {
      data->x.push_back(energy * share);
    }
    data->context.push_back(incident);
  }
  return data;
}

std::shared_ptr<Model> trained(int64_t steps, const std::string& more = "",
                               const std::string& training = "") {
  std::shared_ptr<Model> model = caloflow(more);
  const std::unique_ptr<Trainer> trainer =
      make_trainer(*model, showers(3000),
                   TrainingOptions(text(R"({"batch": 128, "learning_rate": 0.01, "steps": )", steps,
                                        R"(, "schedule": "one_cycle")", training, "}")),
                   1);
  trainer->advance(steps);
  adopt(*model, *trainer);
  return model;
}

constexpr size_t kDrawn = 2000;

std::vector<double> drawn(const Model& model, uint64_t seed = 7) {
  const std::shared_ptr<Dataset> data = showers(kDrawn);
  std::vector<double> out(kDrawn * kCells);
  model.sample(seed, 0, data->context, out);
  return out;
}

std::vector<double> layer_energies(const std::vector<double>& x) {
  std::vector<double> out;
  for (size_t row = 0; row < x.size() / kCells; ++row) {
    const double* cell = x.data() + row * kCells;
    out.push_back(cell[0] + cell[1] + cell[2]);
    out.push_back(cell[3] + cell[4]);
  }
  return out;
}

// The flow of the cells shares out what the flow of the layers gives: whatever its weights are.
TEST(CaloFlow, CellsAddUpToTheEnergiesOfTheirLayers) {
  const std::shared_ptr<Model> model = trained(50);
  const std::vector<double> before = drawn(*model);
  std::vector<double> weights = model->parameter_values();
  for (const Parameter& each : model->parameter_table().parameters()) {
    if (!each.name.starts_with("cells.")) continue;
    for (int64_t i = 0; i < each.shape.count(); ++i) {
      weights[static_cast<size_t>(each.offset + i)] += std::sin(static_cast<double>(i));
    }
  }
  model->set_parameter_values(weights);
  const std::vector<double> after = drawn(*model);
  EXPECT_NE(after, before);
  const std::vector<double> expected = layer_energies(before);
  const std::vector<double> found = layer_energies(after);
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_NEAR(found[i], expected[i], 1e-13 * expected[i]) << i;
  }
  for (const double cell : after) EXPECT_GE(cell, 0);
}

TEST(CaloFlow, LearnsWhichLayersAndCellsAreEmpty) {
  const std::vector<double> found = drawn(*trained(800));
  const std::vector<double> given = showers(kDrawn)->x;
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
  EXPECT_NEAR(share_empty(found, kCells, 2), 0.5, 0.06);
  EXPECT_NEAR(share_empty(layer_energies(found), 2, 1), 0.2, 0.05);
  for (const size_t layer : {0, 1}) {
    const double expected = mean(layer_energies(given), layer);
    EXPECT_NEAR(mean(layer_energies(found), layer), expected, 0.04 * expected);
  }
}

TEST(CaloFlow, AStudentTakesOverTheLayerEnergiesAndLearnsTheCells) {
  const std::string path = testing::TempDir() + "/caloflow.safetensors";
  const std::shared_ptr<Model> teacher = trained(400);
  teacher->save(path);
  const std::string inverse = R"(, "direction": "inverse")";
  const std::string taught = R"(, "validation": 0, "distil_parameters": 0.1, "teacher": ")" + path;
  // Rates of zero keep what the student took over.
  const std::string frozen = R"(", "group_patterns": ["energies.*"], "group_rates": [0])";
  const std::shared_ptr<Model> student = trained(1500, inverse, taught + frozen);
  const std::vector<double> own = drawn(*student);
  const std::vector<double> others = drawn(*teacher);
  const std::vector<double> layers = layer_energies(own);
  const std::vector<double> expected = layer_energies(others);
  double difference = 0;
  for (size_t i = 0; i < layers.size(); ++i) {
    EXPECT_NEAR(layers[i], expected[i], 1e-13 * expected[i]) << i;
  }
  // The same latent variables give nearly the same shower: other ones do not.
  const std::vector<double> fresh = drawn(*teacher, 8);
  double unlike = 0;
  for (size_t i = 0; i < own.size(); ++i) {
    difference += std::abs(own[i] - others[i]);
    unlike += std::abs(fresh[i] - others[i]);
  }
  EXPECT_LT(difference, 0.4 * unlike);
  std::remove(path.c_str());
}

TEST(CaloFlow, GoesOnFromACheckpointWithTheSameBits) {
  const std::string checkpoint = testing::TempDir() + "/caloflow.checkpoint";
  std::remove(checkpoint.c_str());
  const TrainingOptions options(text(R"({"batch": 64, "steps": 12, "checkpoint_every": 5,
      "validate_every": 4, "checkpoint": ")",
                                     checkpoint, "\"}"));
  const std::shared_ptr<Model> model = caloflow();
  const auto trainer = [&](int threads) {
    return make_trainer(*model, showers(500), options, threads);
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

TEST(CaloFlow, TakesEmptyShowersAndRefusesWhatIsNone) {
  const auto fit = [](auto&& change) {
    const std::shared_ptr<Dataset> data = showers(200);
    change(*data);
    const std::shared_ptr<Model> model = caloflow();
    const std::unique_ptr<Trainer> trainer =
        make_trainer(*model, data, TrainingOptions(R"({"batch": 64, "steps": 2})"), 1);
    trainer->advance(2);
    adopt(*model, *trainer);
    for (const double cell : drawn(*model)) ASSERT_TRUE(std::isfinite(cell));
  };
  fit([](Dataset& d) { std::fill_n(d.x.begin(), 20 * kCells, 0.0); });  // twenty empty showers
  expect_error(Code::invalid_argument, "all showers are empty",
               [&] { fit([](Dataset& d) { std::fill(d.x.begin(), d.x.end(), 0.0); }); });
  expect_error(Code::out_of_range, "x row 3, column 2: the value is -1",
               [&] { fit([](Dataset& d) { d.x[3 * kCells + 2] = -1; }); });
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
  expect_error(Code::invalid_argument, "caloflow.cells is required",
               [] { Model::create("caloflow", "{}"); });
  expect_error(Code::invalid_argument, "caloflow.cells is empty",
               [] { Model::create("caloflow", R"({"cells": []})"); });
  expect_error(Code::invalid_argument, "tails", [] { caloflow(R"(, "transformer": "affine")"); });
  const std::shared_ptr<Model> model = trained(1);
  std::vector<double> out(kCells);
  const double negative = -5;
  expect_error(Code::out_of_range, "incident energies are above 0", [&] {
    model->sample(1, 0, {&negative, 1}, out);
  });
  const double energy = 20;
  double density = 0;
  expect_error(Code::unsupported, "caloflow has no log_prob", [&] {
    model->log_prob(out, {&energy, 1}, {&density, 1});
  });
}

}  // namespace
}  // namespace castalia
