// Maps between two samples: what is found for Gaussians, that it is a map and is undone, and what
// is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
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

// Rows with these deviations along axes that are turned by `angle`, about a centre.
std::vector<double> ellipse(uint64_t which, int64_t rows, std::array<double, 2> deviations,
                            double angle, std::array<double, 2> centre) {
  std::vector<double> x(static_cast<size_t>(2 * rows));
  fill_normal(Stream{9, which, 1, 0}, x);
  for (size_t i = 0; i < x.size(); i += 2) {
    const double u = deviations[0] * x[i], v = deviations[1] * x[i + 1];
    x[i] = centre[0] + std::cos(angle) * u - std::sin(angle) * v;
    x[i + 1] = centre[1] + std::sin(angle) * u + std::cos(angle) * v;
  }
  return x;
}

std::vector<double> sample_a(uint64_t which, int64_t rows) {
  return ellipse(which, rows, {2, 0.5}, 0.35, {-1, 2});
}

// B is rounder than A, turned and shifted: its columns are less correlated.
std::shared_ptr<Dataset> samples(int64_t rows) {
  auto data = std::make_shared<Dataset>();
  data->rows = rows;
  data->features = data->context_features = 2;
  data->x = ellipse(1, rows, {1.5, 1}, 0.8, {5, -3});
  data->context = sample_a(2, rows);
  return data;
}

struct Moments {
  double mean[2] = {};
  double covariance[3] = {};  // 00, 01, 11
};
Moments moments(const std::vector<double>& x) {
  Moments m;
  const double rows = static_cast<double>(x.size()) / 2;
  for (size_t i = 0; i < x.size(); ++i) m.mean[i % 2] += x[i] / rows;
  for (size_t i = 0; i < x.size(); i += 2) {
    const double u = x[i] - m.mean[0], v = x[i + 1] - m.mean[1];
    m.covariance[0] += u * u / rows;
    m.covariance[1] += u * v / rows;
    m.covariance[2] += v * v / rows;
  }
  return m;
}

std::vector<double> images(const Model& model, const std::vector<double>& a, uint64_t seed = 7) {
  std::vector<double> out(a.size());
  model.sample(seed, 0, a, out);
  return out;
}

constexpr char kFields[] = R"({"features": 2, "context_features": 2, "generator_hidden": 24,
    "generator_layers": 2, "critic_hidden": 32, "critic_layers": 2})";
constexpr char kTraining[] = R"({"steps": 1500, "batch": 128, "optimiser": "adam", "beta1": 0,
    "learning_rate": 2e-3, "critic_rate": 2, "adversarial_loss": "hinge",
    "regularisers": ["r1"], "regulariser_weights": [0.3], "ema": 0.99, "validate_every": 250})";

// Another model with the parameters of the two generators exchanged: the trained map from B to A.
std::shared_ptr<Model> reversed(const Model& model, const Dataset& data) {
  std::shared_ptr<Model> back = Model::create("cycle_gan", kFields);
  back->fit_preprocessing(data.context, data.x);
  const std::vector<double> from = model.parameter_values();
  std::vector<double> to(from.size());
  const auto other = [](std::string name) {
    const size_t at = name.find("to_");
    if (at != std::string::npos) name[at + 3] = name[at + 3] == 'a' ? 'b' : 'a';
    return name;
  };
  for (const Parameter& each : model.parameter_table().parameters()) {
    for (const Parameter& target : back->parameter_table().parameters()) {
      if (target.name != other(each.name)) continue;
      std::copy_n(from.begin() + each.offset, each.shape.count(), to.begin() + target.offset);
    }
  }
  back->set_parameter_values(to);
  return back;
}

TEST(CycleGan, FindsAMapThatIsUndone) {
  const std::shared_ptr<Dataset> data = samples(4000);
  const std::shared_ptr<Model> model = Model::create("cycle_gan", kFields);
  const std::unique_ptr<Trainer> trainer =
      make_trainer(*model, data, TrainingOptions(kTraining), 1);
  trainer->advance(1500);
  adopt(*model, *trainer);
  const std::vector<double> a = sample_a(3, 4000);
  const std::vector<double> b = images(*model, a);
  const Moments found = moments(b), wanted = moments(data->x);
  for (int i = 0; i < 2; ++i) EXPECT_NEAR(found.mean[i], wanted.mean[i], 0.2);
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(found.covariance[i], wanted.covariance[i], 0.2);
  const std::vector<double> again = images(*reversed(*model, *data), b);
  double error = 0;
  for (size_t i = 0; i < a.size(); ++i) error += std::abs(again[i] - a[i]);
  EXPECT_LT(error / static_cast<double>(a.size()), 0.15);
}

// The rows of the context say nothing of those of the data: the judge does not look at the pairs.
TEST(CycleGan, IsJudgedWithoutContexts) {
  const std::shared_ptr<Model> model = Model::create("cycle_gan", kFields);
  const std::shared_ptr<Dataset> data = samples(3000);
  data->x = data->context;  // every row is its own image: pairs would be apart from chance
  std::rotate(data->x.begin(), data->x.begin() + 200, data->x.end());
  std::vector<double> weights(static_cast<size_t>(model->parameter_table().count()));
  model->fit_preprocessing(data->x, data->context);
  model->set_parameter_values(weights);  // the identity
  const std::unique_ptr<Trainer> trainer = make_trainer(
      *model, data,
      TrainingOptions(R"({"steps": 1, "batch": 64, "learning_rate": 0, "validation": 0.5})"), 1);
  trainer->advance(1);
  EXPECT_LT(trainer->validation_loss(), 0.01);
}

TEST(CycleGan, IsAMapUnlessItDrawsNumbers) {
  const std::shared_ptr<Dataset> data = samples(200);
  const auto drawn = [&](const char* latent, uint64_t seed) {
    const std::shared_ptr<Model> model = Model::create(
        Specification(find_architecture("cycle_gan"), kFields).with("latent", latent));
    model->fit_preprocessing(data->x, data->context);
    std::vector<double> weights = model->parameter_values();
    for (double& weight : weights) weight += 0.1;
    model->set_parameter_values(weights);
    return images(*model, data->context, seed);
  };
  EXPECT_EQ(drawn("0", 1), drawn("0", 2));
  EXPECT_NE(drawn("2", 1), drawn("2", 2));
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

TEST(CycleGan, RefusesWhatDoesNotFit) {
  expect_error(Code::invalid_argument, "cycle_gan.context_features is required",
               [] { Model::create("cycle_gan", R"({"features": 2})"); });
  expect_error(Code::invalid_argument, "cycle_gan.identity_weight is set", [] {
    Model::create("cycle_gan", R"({"features": 2, "context_features": 3, "identity_weight": 1})");
  });
  expect_error(Code::out_of_range, "cycle_gan.cycle_weight", [] {
    Model::create("cycle_gan", R"({"features": 2, "context_features": 3, "cycle_weight": -1})");
  });
  const auto fit = [](const std::string& fields, auto&& change) {
    const std::shared_ptr<Dataset> data = samples(100);
    change(*data);
    const std::shared_ptr<Model> model = Model::create("cycle_gan", fields);
    make_trainer(*model, data, TrainingOptions(R"({"batch": 16, "steps": 2})"), 1)->advance(2);
  };
  expect_error(Code::not_finite, "context row 7, column 1", [&] {
    fit(kFields, [](Dataset& d) { d.context[15] = std::numeric_limits<double>::quiet_NaN(); });
  });
  expect_error(Code::shape_mismatch, "the context of the data has 1 columns, that of the model 2",
               [&] {
                 fit(kFields, [](Dataset& d) {
                   d.context_features = 1;
                   d.context.resize(100);
                 });
               });
}

}  // namespace
}  // namespace castalia
