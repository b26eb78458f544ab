// The maps against plain loops, symmetries that are there and are found, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
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

std::vector<double> normal_rows(int64_t rows, int64_t columns) {
  std::vector<double> x;
  for (int64_t row = 0; row < rows; ++row) {
    std::vector<double> n(static_cast<size_t>(columns));
    fill_normal(Stream{9, static_cast<uint64_t>(row), 1, 0}, n);
    x.insert(x.end(), n.begin(), n.end());
  }
  return x;
}

TEST(SymmetryGan, PlanesAreTurnedAndTheRestStays) {
  const std::shared_ptr<Model> model = Model::create(
      "symmetry_gan",
      R"({"features": 5, "transformation": "rotation", "planes": 2, "dtype": "float64"})");
  const std::vector<double> x = normal_rows(7, 5);
  model->fit_preprocessing(x, {});
  const std::vector<double> weights = model->parameter_values();
  std::vector<double> z(x.size()), log_det(7);
  model->transform(x, {}, z, log_det);
  for (size_t row = 0; row < 7; ++row) {
    for (size_t plane = 0; plane < 2; ++plane) {
      const double angle = weights[plane] * std::numbers::pi / std::sqrt(2.0);
      EXPECT_LE(std::abs(angle), std::numbers::pi);
      const double a = x[5 * row + 2 * plane], b = x[5 * row + 2 * plane + 1];
      EXPECT_NEAR(z[5 * row + 2 * plane], std::cos(angle) * a - std::sin(angle) * b, 1e-12);
      EXPECT_NEAR(z[5 * row + 2 * plane + 1], std::sin(angle) * a + std::cos(angle) * b, 1e-12);
    }
    EXPECT_EQ(z[5 * row + 4], x[5 * row + 4]);
    EXPECT_EQ(log_det[row], 0);
  }
}

TEST(SymmetryGan, StartsAreAtRandom) {
  std::vector<double> angles;
  for (int seed = 0; seed < 40; ++seed) {
    const std::shared_ptr<Model> model =
        Model::create("symmetry_gan", R"({"features": 2, "transformation": "rotation", "seed": )" +
                                          std::to_string(seed) + "}");
    angles.push_back(model->parameter_values()[0] / std::sqrt(3.0));
  }
  const auto [least, greatest] = std::minmax_element(angles.begin(), angles.end());
  EXPECT_LT(*least, -0.8);
  EXPECT_GT(*greatest, 0.8);
  EXPECT_GE(*least, -1);
  EXPECT_LE(*greatest, 1);
}

// Trains on the rows and gives the parameters.
std::vector<double> found(const std::string& fields, const std::vector<double>& x, int64_t columns,
                          int seed, int steps) {
  const std::shared_ptr<Model> model =
      Model::create("symmetry_gan", "{" + fields + R"(, "seed": )" + std::to_string(seed) + "}");
  auto data = std::make_shared<Dataset>();
  data->features = columns;
  data->rows = std::ssize(x) / columns;
  data->x = x;
  const TrainingOptions options(R"({"batch": 256, "optimiser": "adam", "learning_rate": 5e-3,
      "beta1": 0.5, "regularisers": ["r1"], "regulariser_weights": [0.1], "validation": 0,
      "steps": )" + std::to_string(steps) +
                                "}");
  const std::unique_ptr<Trainer> trainer = make_trainer(*model, data, options, 1);
  trainer->advance(steps);
  EXPECT_EQ(trainer->stopped(), "");
  adopt(*model, *trainer);
  return model->parameter_values();
}

TEST(SymmetryGan, TheTurnsOfThreeBlobsAreFound) {
  std::vector<double> x = normal_rows(6000, 2);
  for (size_t row = 0; row < 6000; ++row) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(row % 3) / 3;
    x[2 * row] = 0.3 * x[2 * row] + std::cos(angle);
    x[2 * row + 1] = 0.3 * x[2 * row + 1] + std::sin(angle);
  }
  for (int seed = 1; seed <= 3; ++seed) {
    const double turn = found(R"("features": 2, "transformation": "rotation")", x, 2, seed, 500)[0];
    const double thirds = turn / std::sqrt(3.0) * 1.5;  // turns of 120 degrees
    EXPECT_NEAR(thirds, std::round(thirds), 0.05) << "seed " << seed;
  }
}

// Columns of unequal spread: only signs may change.
TEST(SymmetryGan, MatricesKeepTheVolume) {
  std::vector<double> x = normal_rows(6000, 2);
  for (size_t row = 0; row < 6000; ++row) x[2 * row + 1] *= 3;
  const std::vector<double> matrix = found(R"("features": 2)", x, 2, 5, 800);
  const double determinant = matrix[0] * matrix[3] - matrix[1] * matrix[2];
  EXPECT_NEAR(std::abs(determinant), 1, 0.1);
}

TEST(SymmetryGan, WhatDoesNotFitIsRefused) {
  const auto create = [](const std::string& fields) {
    return [fields] { Model::create("symmetry_gan", "{" + fields + "}"); };
  };
  expect_error(Code::invalid_argument, "planes is set", create(R"("features": 4, "planes": 1)"));
  expect_error(Code::invalid_argument, "shared_angle is set",
               create(R"("features": 4, "shared_angle": true, "transformation": "affine")"));
  expect_error(Code::invalid_argument, "features = 3 columns do not hold 2 planes",
               create(R"("features": 3, "planes": 2, "transformation": "rotation")"));
  expect_error(Code::invalid_argument, "features = 33",
               create(R"("features": 33, "transformation": "dense")"));
  const std::shared_ptr<Model> model =
      Model::create("symmetry_gan", R"({"features": 2, "transformation": "dense"})");
  const std::vector<double> x = normal_rows(10, 2);
  model->fit_preprocessing(x, {});
  std::vector<double> out(x.size());
  expect_error(Code::unsupported, "no inverse", [&] { model->inverse(x, {}, out); });
  expect_error(Code::unsupported, "no sample", [&] { model->sample(1, 0, {}, out); });
  std::vector<double> broken = x;
  broken[5] = std::nan("");
  expect_error(Code::not_finite, "row 2, column 1", [&] { model->transform(broken, {}, out); });
}

}  // namespace
}  // namespace castalia
