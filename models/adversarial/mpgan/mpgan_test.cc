// Clouds of particles by message passing: what is generated, what training makes of it, and what is
// refused. The layers are tested beside them (cpp/nn/point_cloud_test.cc).
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

constexpr int64_t kPlaces = 3;
constexpr int64_t kColumns = 4 * kPlaces;
constexpr char kFields[] = R"({"particles": 3, "particle_latent": 3, "node_features": 8,
    "edge_layers": [12, 12], "node_layers": [16], "critic_dropout": 0.1, "sum_scale": 0.5})";

// Clouds of 2 or 3 particles, as often as 1 : 3, around a centre of their own.
std::shared_ptr<Dataset> clouds(int64_t rows) {
  auto data = std::make_shared<Dataset>();
  data->rows = rows;
  data->features = kColumns;
  for (int64_t row = 0; row < rows; ++row) {
    double u[1];
    double n[1 + 3 * kPlaces];
    fill_uniform(Stream{5, static_cast<uint64_t>(row), 1, 0}, u);
    fill_normal(Stream{5, static_cast<uint64_t>(row), 2, 0}, n);
    const int64_t count = u[0] < 0.25 ? 2 : 3;
    for (int64_t i = 0; i < kPlaces; ++i) {
      const double* own = n + 1 + 3 * i;
      const std::vector<double> place =
          i < count ? std::vector{0.2 * n[0] + 0.1 * own[0], 1 + 0.3 * own[1],
                                  std::exp(-3 + 0.3 * own[2]), 1.0}
                    : std::vector<double>(4);
      data->x.insert(data->x.end(), place.begin(), place.end());
    }
  }
  return data;
}

std::vector<double> drawn(const Model& model, int64_t rows) {
  std::vector<double> out(static_cast<size_t>(rows * kColumns));
  model.sample(7, 0, {}, out);
  return out;
}

std::vector<double> of_particles(const std::vector<double>& x, size_t feature) {
  std::vector<double> values;
  for (size_t place = 0; place < x.size(); place += 4) {
    if (x[place + 3] != 0) values.push_back(x[place + feature]);
  }
  return values;
}

struct Moments {
  double mean, deviation;
};
Moments moments(const std::vector<double>& values) {
  double sum = 0, squares = 0;
  for (const double x : values) sum += x;
  const double mean = sum / static_cast<double>(values.size());
  for (const double x : values) squares += (x - mean) * (x - mean);
  return {mean, std::sqrt(squares / static_cast<double>(values.size()))};
}

// The range of the data is that of tanh: what is generated lies in it.
TEST(Mpgan, StaysInTheRangeOfTheData) {
  const std::vector<double> given = clouds(2000)->x;
  const auto made = [&](const char* bounded) {
    const Specification plain(find_architecture("mpgan"), kFields);
    const std::shared_ptr<Model> model =
        Model::create("mpgan", plain.with("bounded", bounded).json());
    model->fit_preprocessing(given, {});
    std::vector<double> weights(static_cast<size_t>(model->parameter_table().count()), 3.0);
    model->set_parameter_values(weights);
    return drawn(*model, 500);
  };
  const std::vector<double> inside = made("true");
  const std::vector<double> outside = made("false");
  for (size_t k = 0; k < 3; ++k) {
    const std::vector<double> truth = of_particles(given, k);
    const auto [least, greatest] = std::minmax_element(truth.begin(), truth.end());
    for (const double value : of_particles(inside, k)) {
      EXPECT_GE(value, *least - 1e-6);
      EXPECT_LE(value, *greatest + 1e-6);
    }
    const std::vector<double> free = of_particles(outside, k);
    EXPECT_GT(*std::max_element(free.begin(), free.end()), *greatest);
  }
  for (size_t place = 0; place < inside.size(); place += 4) {
    if (inside[place + 3] == 0) {
      EXPECT_EQ(inside[place], 0);
    }
  }
}

TEST(Mpgan, LearnsClouds) {
  const std::shared_ptr<Model> model = Model::create("mpgan", kFields);
  const TrainingOptions options(R"({"steps": 1200, "batch": 64, "learning_rate": 2e-3,
      "optimiser": "rmsprop", "beta2": 0.99, "ema": 0.99, "critic_rate": 2,
      "adversarial_loss": "least_squares", "regularisers": ["r1"], "regulariser_weights": [0.05],
      "schedule": "constant", "validate_every": 200})");
  const std::unique_ptr<Trainer> trainer = make_trainer(*model, clouds(4000), options, 1);
  trainer->advance(1200);
  adopt(*model, *trainer);
  const std::vector<double> made = drawn(*model, 4000);
  const std::vector<double> given = clouds(4000)->x;
  for (size_t k = 0; k < 3; ++k) {
    const Moments of_truth = moments(of_particles(given, k));
    const Moments of_found = moments(of_particles(made, k));
    EXPECT_NEAR(of_found.mean, of_truth.mean, 0.25 * of_truth.deviation) << k;
    EXPECT_NEAR(of_found.deviation / of_truth.deviation, 1, 0.3) << k;
  }
  // As many particles as there were: 2.75 on average.
  const double share = static_cast<double>(of_particles(made, 0).size()) / 4000;
  EXPECT_NEAR(share, 2.75, 0.03);
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

TEST(Mpgan, RefusesWhatIsNoCloud) {
  const auto fit = [](auto&& change) {
    const std::shared_ptr<Dataset> data = clouds(100);
    change(*data);
    const std::shared_ptr<Model> model = Model::create("mpgan", kFields);
    const std::unique_ptr<Trainer> trainer =
        make_trainer(*model, data, TrainingOptions(R"({"batch": 16, "steps": 2})"), 1);
    trainer->advance(2);
  };
  fit([](Dataset& d) { std::fill_n(d.x.begin(), 10 * kColumns, 0.0); });  // ten empty clouds
  expect_error(Code::invalid_argument, "none of the clouds has a particle",
               [&] { fit([](Dataset& d) { std::fill(d.x.begin(), d.x.end(), 0.0); }); });
  expect_error(Code::out_of_range, "x row 4, column 7: the value is 2; a mask is 0 or 1",
               [&] { fit([](Dataset& d) { d.x[4 * kColumns + 7] = 2; }); });
  expect_error(Code::out_of_range, "x row 6, column 2: the value is 0; this feature of a particle",
               [&] { fit([](Dataset& d) { d.x[6 * kColumns + 2] = 0; }); });
  expect_error(Code::not_finite, "x row 8, column 0", [&] {
    fit([](Dataset& d) { d.x[8 * kColumns] = std::numeric_limits<double>::infinity(); });
  });
  expect_error(Code::shape_mismatch, "16 features, the model 12", [&] {
    fit([](Dataset& d) {
      d.features = 16;
      d.x.resize(100 * 16);
    });
  });
  expect_error(Code::invalid_argument, "mpgan.edge_layers is empty",
               [] { Model::create("mpgan", R"({"particles": 3, "edge_layers": []})"); });
  expect_error(Code::out_of_range, "mpgan.sorted_by names feature 3 of particles that have 3",
               [] { Model::create("mpgan", R"({"particles": 3, "sorted_by": 3})"); });
}

}  // namespace
}  // namespace castalia
