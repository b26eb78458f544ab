// Flows with folds learn parts that lie apart.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "models/fit.h"
#include "models/model.h"

namespace castalia {
namespace {

constexpr int64_t kEvents = 4000;

// Evenly on [-3, -2] and [2, 3].
std::shared_ptr<const Dataset> islands() {
  auto data = std::make_shared<Dataset>();
  data->rows = kEvents;
  data->features = 1;
  data->x.resize(kEvents);
  fill_uniform(Stream{5, 0, 1, 0}, data->x);
  for (double& x : data->x) x = x < 0.5 ? 2 * x - 3 : 2 * x + 1;
  return data;
}

std::shared_ptr<Model> trained(const std::string& architecture, const std::string& settings) {
  const auto model = Model::create(architecture, R"({"features": 1, "layers": ["lu_linear"])" +
                                                     settings + R"(, "activation": "silu"})");
  const auto data = islands();
  const auto trainer = make_trainer(
      *model, data, TrainingOptions(R"({"steps": 800, "batch": 256, "learning_rate": 1e-2,
                                        "schedule": "cosine", "validation": 0})"),
      2);
  trainer->advance(800);
  adopt(*model, *trainer);
  return model;
}

TEST(RadFlow, LearnsTwoIslandsAndDrawsNothingBetweenThem) {
  const auto model = trained("rad_flow", R"(, "folds": 2, "hidden": 16, "hidden_layers": 1)");
  const auto data = islands();
  std::vector<double> log_prob(kEvents);
  model->log_prob(data->x, {}, log_prob);
  double mean = 0;
  for (const double each : log_prob) mean += each / kEvents;
  // The truth is log(1/2) = -0.69; one Gaussian has -2.35.
  EXPECT_GT(mean, -1.2);
  std::vector<double> x(kEvents);
  model->sample(1, 0, {}, x);
  int left = 0;
  int between = 0;
  for (const double each : x) {
    left += each < 0 ? 1 : 0;
    between += std::abs(each) < 1.5 ? 1 : 0;
  }
  EXPECT_NEAR(left, kEvents / 2, kEvents / 20);
  EXPECT_LT(between, kEvents / 50);
}

TEST(RadFlow, RefusesBoundedDomainsAndTransformations) {
  const auto code_of = [](auto&& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.code();
    }
    return Code::ok;
  };
  EXPECT_EQ(code_of([] {
              Model::create("rad_flow",
                            R"({"features": 1, "layers": ["elementwise"], "tails": "none",
                                "base": "uniform"})");
            }),
            Code::invalid_argument);
  const auto model = trained("rad_flow", R"(, "folds": 1, "hidden": 4, "hidden_layers": 1)");
  std::vector<double> x(4);
  std::vector<double> z(4);
  EXPECT_EQ(code_of([&] { model->inverse(z, {}, x); }), Code::unsupported);
}

}  // namespace
}  // namespace castalia
