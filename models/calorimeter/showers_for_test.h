// Showers of a small calorimeter, and models that learn them, for the tests of their architectures.
#ifndef CASTALIA_MODELS_CALORIMETER_SHOWERS_FOR_TEST_H_
#define CASTALIA_MODELS_CALORIMETER_SHOWERS_FOR_TEST_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "models/fit.h"
#include "models/model.h"

namespace castalia {

inline constexpr size_t kTestCells = 5;  // three of the first layer, two of the second
inline constexpr size_t kTestDrawn = 2000;

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

// With more fields, each behind a comma.
inline std::shared_ptr<Model> shower_model(const std::string& architecture,
                                           const std::string& more = "") {
  return Model::create(architecture,
                       text(R"({"cells": [3, 2], "layers": 2, "hidden": 24, "energy_layers": 3,
                                "energy_hidden": 16, "noise": 0.01, "threshold": 0.02)",
                            more, "}"));
}

// Half of the energy, more or less, in the first layer, shared among cells of which the third is
// empty in half of the showers; the second layer is empty in a fifth of them.
inline std::shared_ptr<Dataset> test_showers(int64_t rows) {
  auto data = std::make_shared<Dataset>();
  data->rows = rows;
  data->features = kTestCells;
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

inline std::shared_ptr<Model> trained_showers(const std::string& architecture, int64_t steps,
                                              const std::string& more = "",
                                              const std::string& training = "") {
  std::shared_ptr<Model> model = shower_model(architecture, more);
  const std::unique_ptr<Trainer> trainer =
      make_trainer(*model, test_showers(3000),
                   TrainingOptions(text(R"({"batch": 128, "learning_rate": 0.01, "steps": )", steps,
                                        R"(, "schedule": "one_cycle")", training, "}")),
                   1);
  trainer->advance(steps);
  adopt(*model, *trainer);
  return model;
}

inline std::vector<double> drawn_showers(const Model& model, uint64_t seed = 7) {
  const std::shared_ptr<Dataset> data = test_showers(kTestDrawn);
  std::vector<double> out(kTestDrawn * kTestCells);
  model.sample(seed, 0, data->context, out);
  return out;
}

inline std::vector<double> layer_energies(const std::vector<double>& x) {
  std::vector<double> out;
  for (size_t row = 0; row < x.size() / kTestCells; ++row) {
    const double* cell = x.data() + row * kTestCells;
    out.push_back(cell[0] + cell[1] + cell[2]);
    out.push_back(cell[3] + cell[4]);
  }
  return out;
}

}  // namespace castalia

#endif  // CASTALIA_MODELS_CALORIMETER_SHOWERS_FOR_TEST_H_
