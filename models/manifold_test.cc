// Manifold flows: what they draw lies on the manifold, and the density there is that of a dense
// Jacobian by differences; a curve in space is found.
#include <gtest/gtest.h>

#include <cmath>
#include <eigen3/Eigen/LU>
#include <numbers>
#include <string>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "models/fit.h"
#include "models/model.h"

namespace castalia {
namespace {

// Points of a helix, unevenly along it: (angle, sine, cosine), and a little off it.
std::shared_ptr<const Dataset> helix(double off) {
  auto data = std::make_shared<Dataset>();
  data->rows = 2000;
  data->features = 3;
  for (uint64_t row = 0; row < 2000; ++row) {
    std::vector<double> draws(4);
    fill_normal(Stream{1, row, 1, 0}, draws);
    const double angle = 1.2 * draws[0];
    const double point[] = {2 * angle, std::sin(angle), std::cos(angle)};
    for (size_t i = 0; i < 3; ++i) data->x.push_back(point[i] + off * draws[i + 1]);
  }
  return data;
}

std::shared_ptr<Model> moved(const std::string& specification) {
  const auto model = Model::create("manifold_flow", specification);
  model->fit_preprocessing(helix(0)->x, {});
  std::vector<double> weights = model->parameter_values();
  std::vector<double> noise(weights.size());
  fill_normal(Stream{3, 0, 1, 0}, noise);
  for (size_t i = 0; i < weights.size(); ++i) weights[i] += 0.1 * noise[i];
  model->set_parameter_values(weights);
  return model;
}

class ManifoldFlows : public testing::TestWithParam<int64_t> {
 protected:
  std::string specification() const {
    return text(
        R"json({"features": 3, "dtype": "float64", "outer_repeat": 2, "dimensions": )json",
        GetParam(),
        R"json(, "outer_layers": ["lu_linear", "coupling(hidden=8, activation=silu)"]})json");
  }
};

TEST_P(ManifoldFlows, DrawOnTheManifoldWithTheDensityOfTheDenseJacobian) {
  const auto n = static_cast<size_t>(GetParam());
  const auto model = moved(specification());
  constexpr size_t rows = 20;
  std::vector<double> x(3 * rows);
  std::vector<double> z(3 * rows);
  std::vector<double> log_prob(rows);
  model->sample(1, 0, {}, x);
  model->transform(x, {}, z);
  model->log_prob(x, {}, log_prob);
  for (size_t row = 0; row < rows; ++row) {
    double density = 0;
    for (size_t i = 0; i < 3; ++i) {
      if (i >= n) {
        EXPECT_NEAR(z[3 * row + i], 0, 1e-9);
      } else {
        density -= 0.5 * z[3 * row + i] * z[3 * row + i] + 0.5 * std::log(2 * std::numbers::pi);
      }
    }
    constexpr double h = 1e-5;
    Eigen::MatrixXd jacobian(3, GetParam());
    for (size_t i = 0; i < n; ++i) {
      std::vector<double> beside(z.begin() + static_cast<long>(3 * row),
                                 z.begin() + static_cast<long>(3 * row + 3));
      std::vector<double> above(3);
      std::vector<double> below(3);
      beside[i] += h;
      model->inverse(beside, {}, above);
      beside[i] -= 2 * h;
      model->inverse(beside, {}, below);
      for (size_t k = 0; k < 3; ++k) {
        jacobian(static_cast<long>(k), static_cast<long>(i)) = (above[k] - below[k]) / (2 * h);
      }
    }
    const double volume = (jacobian.transpose() * jacobian).determinant();
    EXPECT_NEAR(log_prob[row], density - 0.5 * std::log(volume), 1e-6) << row;
  }
}

INSTANTIATE_TEST_SUITE_P(Dimensions, ManifoldFlows, testing::Values(1, 2));

double root_mean_distance(const Model& model, const std::vector<double>& x) {
  std::vector<double> z(x.size());
  std::vector<double> projected(x.size());
  model.transform(x, {}, z);
  for (size_t i = 0; i < z.size(); ++i) {
    if (i % 3 > 0) z[i] = 0;
  }
  model.inverse(z, {}, projected);
  double squares = 0;
  for (size_t i = 0; i < x.size(); ++i) squares += (x[i] - projected[i]) * (x[i] - projected[i]);
  return std::sqrt(squares / static_cast<double>(x.size() / 3));
}

TEST(ManifoldFlow, FindsACurveInSpaceByEitherLikelihood) {
  const auto data = helix(0.01);
  for (const char* likelihood : {"latent", "rectangular"}) {
    const auto model =
        Model::create("manifold_flow", text(R"json({"features": 3, "outer_layers": ["lu_linear",
                              "coupling(hidden=32, activation=silu)"], "likelihood": ")json",
                                            likelihood, "\"}"));
    const TrainingOptions options(R"({"steps": 500, "batch": 256, "learning_rate": 0.005})");
    const auto trainer = make_trainer(*model, data, options, 2);
    trainer->advance(500);
    adopt(*model, *trainer);
    EXPECT_LT(root_mean_distance(*model, data->x), 0.15) << likelihood;
    // Away from the helix is far from the manifold.
    EXPECT_GT(root_mean_distance(*model, {0, 0, -1, 0, 0, -1}), 0.5) << likelihood;
    std::vector<double> x(3 * 2000);
    model->sample(1, 0, {}, x);
    double off = 0;
    double squares = 0;
    for (size_t row = 0; row < 2000; ++row) {
      const double angle = 0.5 * x[3 * row];
      off += std::pow(x[3 * row + 1] - std::sin(angle), 2) +
             std::pow(x[3 * row + 2] - std::cos(angle), 2);
      squares += angle * angle;
    }
    EXPECT_LT(std::sqrt(off / 2000), 0.3) << likelihood;
    EXPECT_NEAR(std::sqrt(squares / 2000), 1.2, 0.2) << likelihood;
  }
}

TEST(ManifoldFlow, HasFewerDimensionsThanTheData) {
  try {
    Model::create("manifold_flow", R"({"features": 2, "dimensions": 2})");
    FAIL() << "made";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("dimensions is 2"), std::string::npos);
  }
}

}  // namespace
}  // namespace castalia
