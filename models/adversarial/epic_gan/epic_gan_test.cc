// Clouds of particles: the symmetry of both sides, masks, how many particles are drawn, the scaling
// and its inverse, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/compile/compile.h"
#include "cpp/nn/adversarial.h"
#include "cpp/nn/evaluate_for_test.h"
#include "cpp/ops/ops.h"
#include "models/adversarial/epic_gan/epic_sides.h"
#include "models/fit.h"
#include "models/model.h"

namespace castalia {
namespace {

constexpr int64_t kPlaces = 4;
constexpr int64_t kColumns = 4 * kPlaces;
constexpr char kFields[] = R"({"particles": 4, "hidden": 16, "global_features": 4, "latent": 4,
    "particle_latent": 2, "generator_layers": 2, "critic_layers": 1, "sum_scale": 0.2})";

std::vector<double> normals(uint64_t which, int64_t count) {
  std::vector<double> values(static_cast<size_t>(count));
  fill_normal(Stream{11, which, 1, 0}, values);
  return values;
}

// What stands at place i moves to place order[i].
std::vector<double> moved(const std::vector<double>& values, const std::vector<size_t>& order) {
  const size_t width = values.size() / order.size();
  std::vector<double> out(values.size());
  for (size_t i = 0; i < values.size(); ++i) out[order[i / width] * width + i % width] = values[i];
  return out;
}

void expect_near(const std::vector<double>& found, const std::vector<double>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-12) << i;
}

constexpr EpicSideOptions kSide = {.layers = 2, .global_features = 3, .layer = {.hidden = 8}};
const std::vector<double> kMask = {1, 1, 0, 1, 0};
const std::vector<size_t> kOrder = {3, 4, 1, 0, 2};

std::vector<double> generated(const std::vector<double>& latent, const std::vector<double>& mask) {
  return evaluate_layer(
      {{"latent", {1, 5, 2}, latent}, {"global", {1, 3}, normals(1, 3)}, {"mask", {1, 5, 1}, mask}},
      [&](Trace& trace, const std::vector<Value>& in) {
        return std::vector{epic_generator(trace, {in[0], in[1], in[2]}, 3, kSide)};
      });
}

double scored(const std::vector<double>& particles, const std::vector<double>& mask) {
  return evaluate_layer({{"particles", {1, 5, 3}, particles},
                         {"known", {1, 2}, normals(2, 2)},
                         {"mask", {1, 5, 1}, mask}},
                        [](Trace& trace, const std::vector<Value>& in) {
                          return std::vector{epic_critic(trace, {in[0], in[1], in[2]}, kSide)};
                        })[0];
}

TEST(EpicSides, AGeneratedCloudIsReorderedWithItsLatentParticles) {
  const std::vector<double> latent = normals(0, 10);
  const std::vector<double> straight = generated(latent, kMask);
  expect_near(generated(moved(latent, kOrder), moved(kMask, kOrder)), moved(straight, kOrder));
  EXPECT_NE(moved(straight, kOrder), straight);
}

TEST(EpicSides, AScoreDoesNotDependOnTheOrder) {
  const std::vector<double> particles = normals(3, 15);
  const double straight = scored(particles, kMask);
  EXPECT_NEAR(scored(moved(particles, kOrder), moved(kMask, kOrder)), straight, 1e-12);
  // It does depend on the particles, and on which of them there are.
  EXPECT_GT(std::abs(scored(normals(4, 15), kMask) - straight), 1e-6);
  EXPECT_GT(std::abs(scored(particles, {1, 1, 1, 1, 1}) - straight), 1e-6);
}

TEST(EpicSides, AnEmptyPlaceInfluencesNothing) {
  std::vector<double> latent = normals(0, 10);
  std::vector<double> particles = normals(3, 15);
  const std::vector<double> cloud = generated(latent, kMask);
  const double score = scored(particles, kMask);
  for (const size_t empty : {2, 4}) {
    for (size_t i = 0; i < 2; ++i) latent[2 * empty + i] = 1e3;
    for (size_t i = 0; i < 3; ++i) {
      particles[3 * empty + i] = -1e3;
      EXPECT_EQ(cloud[3 * empty + i], 0);
    }
  }
  EXPECT_EQ(generated(latent, kMask), cloud);
  EXPECT_EQ(scored(particles, kMask), score);
}

// Clouds of 1 to 4 particles in any places, as often as 1 : 2 : 3 : 4, around a centre of their
// own.
std::shared_ptr<Dataset> clouds(int64_t rows) {
  auto data = std::make_shared<Dataset>();
  data->rows = rows;
  data->features = kColumns;
  for (int64_t row = 0; row < rows; ++row) {
    double u[1 + kPlaces];
    double n[2 + 3 * kPlaces];
    fill_uniform(Stream{5, static_cast<uint64_t>(row), 1, 0}, u);
    fill_normal(Stream{5, static_cast<uint64_t>(row), 2, 0}, n);
    const int64_t count = u[0] < 0.1 ? 1 : u[0] < 0.3 ? 2 : u[0] < 0.6 ? 3 : 4;
    const auto first = static_cast<int64_t>(u[1] * kPlaces);
    for (int64_t i = 0; i < kPlaces; ++i) {
      const double* own = n + 2 + 3 * i;
      if ((i - first + kPlaces) % kPlaces < count) {
        data->x.insert(data->x.end(), {0.2 * n[0] + 0.1 * own[0], 1 + 0.3 * own[1],
                                       std::exp(-3 + 0.5 * n[1] + 0.5 * own[2]), 1});
      } else {
        data->x.insert(data->x.end(), {0, 0, 0, 0});
      }
    }
  }
  return data;
}

std::shared_ptr<Model> fitted(const std::string& fields = kFields) {
  std::shared_ptr<Model> model = Model::create("epic_gan", fields);
  model->fit_preprocessing(clouds(2000)->x, {});
  return model;
}

std::vector<double> drawn(const Model& model, int64_t rows) {
  std::vector<double> out(static_cast<size_t>(rows * kColumns));
  model.sample(7, 0, {}, out);
  return out;
}

struct Seen {
  std::vector<double> counts = std::vector<double>(kPlaces + 1);  // clouds of so many particles
  std::vector<double> values[3];                                  // of all particles
};
Seen seen_in(const std::vector<double>& x) {
  Seen seen;
  for (size_t row = 0; row < x.size(); row += kColumns) {
    size_t count = 0;
    for (size_t place = row; place < row + kColumns; place += 4) {
      if (x[place + 3] == 0) continue;
      ++count;
      for (size_t k = 0; k < 3; ++k) seen.values[k].push_back(x[place + k]);
    }
    ++seen.counts[count];
  }
  return seen;
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

TEST(EpicGan, DrawsAsManyParticlesAsItSaw) {
  constexpr int64_t kRows = 20000;
  const std::vector<double> x = drawn(*fitted(), kRows);
  const std::vector<double> given = seen_in(clouds(2000)->x).counts;
  const std::vector<double> found = seen_in(x).counts;
  for (size_t count = 0; count <= kPlaces; ++count) {
    const double share = given[count] / 2000;
    const double error = std::sqrt(share * (1 - share) / kRows);
    EXPECT_NEAR(found[count] / kRows, share, 4 * error + 1e-12) << count;
  }
  for (size_t row = 0; row < x.size(); row += kColumns) {
    bool ended = false;
    for (size_t place = row; place < row + kColumns; place += 4) {
      const double mask = x[place + 3];
      ASSERT_TRUE(mask == 0 || (mask == 1 && !ended));
      ended = mask == 0;
      for (size_t k = 0; k < 3; ++k) ASSERT_TRUE(mask == 1 || x[place + k] == 0);
      ASSERT_TRUE(mask == 0 || x[place + 2] > 0);
    }
  }
}

// Their tensors make tiles smaller than usual: a row is in another place of another tile then.
TEST(EpicGan, DrawsManyParticlesWithTheSameBitsInAnyNumber) {
  constexpr int64_t kMany = 150, kRows = 65;
  const std::shared_ptr<Model> model = Model::create("epic_gan", R"({"particles": 150})");
  std::vector<double> cloud = normals(3, 4 * kMany);
  for (size_t i = 0; i < cloud.size(); ++i) cloud[i] = i % 4 == 3 ? 1 : std::fabs(cloud[i]);
  model->fit_preprocessing(cloud, {});
  const auto draw = [&](uint64_t first, int64_t rows, int threads) {
    std::vector<double> out(static_cast<size_t>(rows * 4 * kMany));
    model->sample(7, first, {}, out, threads);
    return out;
  };
  const std::vector<double> all = draw(0, kRows, 1);
  EXPECT_EQ(draw(0, kRows, 2), all);
  for (const auto& [first, rows] : {std::pair{0, 1}, {7, 9}, {40, 2}, {33, 32}}) {
    const auto begin = all.begin() + first * 4 * kMany;
    const std::vector<double> expected(begin, begin + rows * 4 * kMany);
    EXPECT_EQ(draw(static_cast<uint64_t>(first), rows, 1), expected) << first;
    EXPECT_EQ(draw(static_cast<uint64_t>(first), rows, 2), expected) << first;
  }
}

// What is made of the weights alone is made anew.
TEST(EpicGan, DrawsByItsPresentWeights) {
  const std::shared_ptr<Model> model = fitted();
  const std::vector<double> before = drawn(*model, 20);
  std::vector<double> weights = model->parameter_values();
  for (double& each : weights) each *= 1.5;
  model->set_parameter_values(weights);
  const std::vector<double> after = drawn(*model, 20);
  EXPECT_NE(after, before);
  const std::shared_ptr<Model> other = fitted();
  other->set_parameter_values(weights);
  EXPECT_EQ(drawn(*other, 20), after);
}

TEST(EpicGan, SortsParticlesWhereItIsAskedTo) {
  const Specification plain(find_architecture("epic_gan"), kFields);
  const std::vector<double> x = drawn(*fitted(plain.json()), 200);
  const std::vector<double> sorted = drawn(*fitted(plain.with("sorted_by", "0").json()), 200);
  EXPECT_NE(sorted, x);
  for (size_t row = 0; row < x.size(); row += kColumns) {
    using Particle = std::array<double, 4>;
    std::vector<Particle> expected;
    for (size_t i = row; i < row + kColumns; i += 4) {
      expected.push_back({x[i], x[i + 1], x[i + 2], x[i + 3]});
    }
    std::stable_sort(expected.begin(), expected.end(), [](const Particle& a, const Particle& b) {
      return a[3] != b[3] ? a[3] > b[3] : a[0] > b[0];
    });
    for (size_t i = 0; i < kColumns; ++i) EXPECT_EQ(sorted[row + i], expected[i / 4][i % 4]);
  }
}

// A generator whose last weights are zero makes its last biases, in fifths of a deviation of the
// particles; momenta are cut to the least one.
TEST(EpicGan, ScalesByTheParticlesThatThereAre) {
  const std::shared_ptr<Model> model = fitted(
      Specification(find_architecture("epic_gan"), kFields).with("dtype", "\"float64\"").json());
  const Seen truth = seen_in(clouds(2000)->x);
  for (const double momentum : {1.5, -40.0}) {
    const std::vector<double> biases = {0.5, -2, momentum};
    std::vector<double> weights(static_cast<size_t>(model->parameter_table().count()));
    for (const Parameter& each : model->parameter_table().parameters()) {
      if (each.name != "generator.particles_out.bias") continue;
      std::copy(biases.begin(), biases.end(), weights.begin() + each.offset);
    }
    model->set_parameter_values(weights);
    const Seen found = seen_in(drawn(*model, 50));
    for (size_t k = 0; k < 3; ++k) {
      const Moments of = moments(truth.values[k]);
      double expected = of.mean + biases[k] * of.deviation / 5;
      const double least = *std::min_element(truth.values[k].begin(), truth.values[k].end());
      if (k == 2) expected = std::max(expected, least);
      for (const double value : found.values[k]) EXPECT_NEAR(value, expected, 1e-12);
    }
    EXPECT_EQ(momentum < 0, found.values[2][0] ==
                                *std::min_element(truth.values[2].begin(), truth.values[2].end()));
  }
}

// The mask of a true cloud is that of the one made against it, and no slope leads to empty places.
TEST(EpicGan, BothSidesShareAMask) {
  constexpr int64_t kRows = 64;
  const std::shared_ptr<Model> model = fitted();
  Graph graph;
  const Value flat =
      graph.state("parameters", {DType::float32, {model->parameter_table().count()}});
  Trace trace(graph, model->parameter_table(), flat, DType::float32);
  trace.seed = graph.scalar(1, DType::int64);
  trace.first_event = graph.scalar(0, DType::int64);
  const Value x = graph.input("x", {DType::float64, {kRows, kColumns}});
  const Adversarial::Contest contest = model->network().adversarial()->contest(trace, x, Value());
  const Game& game = contest.games.at(0);
  const Value source = game.made;
  graph.output("real", cast(game.real, DType::float64));
  graph.output("made", cast(game.made, DType::float64));
  graph.output("slope",
               cast(gradient(sum(game.critic(game.made)), {&source, 1})[0], DType::float64));
  Workspace workspace(compile(graph, {.rows_independent = false}));
  workspace.bind_state("parameters", model->parameters());
  const std::vector<double> given = clouds(kRows)->x;
  std::copy(given.begin(), given.end(), static_cast<double*>(workspace.input("x")));
  workspace.run();
  for (const char* name : {"real", "made", "slope"}) {
    const auto* values = static_cast<const double*>(workspace.output(name));
    for (size_t i = 0; i < static_cast<size_t>(kRows * kPlaces * 3); ++i) {
      const bool present = given[4 * (i / 3) + 3] == 1;
      EXPECT_EQ(values[i] != 0, present) << name << " " << i;
    }
  }
}

TEST(EpicGan, WhatLiesInEmptyPlacesDoesNotMatter) {
  const std::shared_ptr<Model> model = Model::create("epic_gan", kFields);
  std::vector<double> x = clouds(2000)->x;
  for (size_t place = 0; place < x.size(); place += 4) {
    if (x[place + 3] == 0) x[place] = x[place + 1] = x[place + 2] = -5;
  }
  model->fit_preprocessing(x, {});
  EXPECT_EQ(model->preprocessing_json(), fitted()->preprocessing_json());
}

TEST(EpicGan, LearnsClouds) {
  const std::shared_ptr<Model> model =
      fitted(Specification(find_architecture("epic_gan"), kFields)
                 .with("preprocessing", R"(["standardise", "standardise", "log; standardise"])")
                 .with("weight_norm", "false")
                 .json());
  const auto train = [&] {
    const TrainingOptions options(R"({"steps": 1500, "batch": 64, "learning_rate": 2e-3,
        "beta1": 0, "optimiser": "adam", "ema": 0.99, "regularisers": ["r1"],
        "regulariser_weights": [0.2], "schedule": "constant", "validate_every": 1500})");
    const std::unique_ptr<Trainer> trainer = make_trainer(*model, clouds(4000), options, 1);
    trainer->advance(1500);
    adopt(*model, *trainer);
  };
  // The spread of the clouds' centres in the first feature: particles of a cloud are together.
  const auto centres = [](const std::vector<double>& x) {
    std::vector<double> means;
    for (size_t row = 0; row < x.size(); row += kColumns) {
      const std::vector<double> cloud(x.begin() + static_cast<std::ptrdiff_t>(row),
                                      x.begin() + static_cast<std::ptrdiff_t>(row + kColumns));
      means.push_back(moments(seen_in(cloud).values[0]).mean);
    }
    return moments(means).deviation;
  };
  train();
  const std::vector<double> made = drawn(*model, 4000);
  const std::vector<double> given = clouds(4000)->x;
  const Seen truth = seen_in(given), found = seen_in(made);
  for (size_t k = 0; k < 3; ++k) {
    const Moments of_truth = moments(truth.values[k]), of_found = moments(found.values[k]);
    EXPECT_NEAR(of_found.mean, of_truth.mean, 0.2 * of_truth.deviation) << k;
    EXPECT_NEAR(of_found.deviation / of_truth.deviation, 1, 0.25) << k;
  }
  EXPECT_NEAR(centres(made) / centres(given), 1, 0.25);
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

TEST(EpicGan, TakesEmptyCloudsAndRefusesWhatIsNone) {
  const auto fit = [](auto&& change) {
    const std::shared_ptr<Dataset> data = clouds(200);
    change(*data);
    const std::shared_ptr<Model> model = Model::create("epic_gan", kFields);
    const std::unique_ptr<Trainer> trainer = make_trainer(
        *model, data,
        TrainingOptions(
            R"({"batch": 32, "steps": 4, "regularisers": ["gradient_penalty", "consistency"]})"),
        1);
    trainer->advance(4);
    adopt(*model, *trainer);
    for (const double value : drawn(*model, 100)) ASSERT_TRUE(std::isfinite(value));
  };
  fit([](Dataset& d) { std::fill_n(d.x.begin(), 20 * kColumns, 0.0); });  // twenty empty clouds
  expect_error(Code::invalid_argument, "none of the clouds has a particle",
               [&] { fit([](Dataset& d) { std::fill(d.x.begin(), d.x.end(), 0.0); }); });
  const auto set = [&](size_t row, size_t place, size_t feature, double value) {
    fit([=](Dataset& d) {
      const size_t at = row * kColumns + 4 * place;
      d.x[at + 2] = 0.1;
      d.x[at + 3] = 1;
      d.x[at + feature] = value;
    });
  };
  expect_error(Code::out_of_range, "x row 3, column 6: the value is -0.5; this feature",
               [&] { set(3, 1, 2, -0.5); });
  expect_error(Code::out_of_range, "x row 9, column 2: the value is 0; this feature",
               [&] { set(9, 0, 2, 0); });
  expect_error(Code::out_of_range, "x row 5, column 11: the value is 0.5; a mask is 0 or 1",
               [&] { set(5, 2, 3, 0.5); });
  expect_error(Code::not_finite, "x row 7, column 1",
               [&] { set(7, 0, 1, std::numeric_limits<double>::quiet_NaN()); });
  expect_error(Code::out_of_range, "among the particles of all clouds, x row ", [&] {
    const std::shared_ptr<Model> model =
        Model::create("epic_gan", Specification(find_architecture("epic_gan"), kFields)
                                      .with("preprocessing", R"(["log", "standardise", "log"])")
                                      .json());
    model->fit_preprocessing(clouds(200)->x, {});
  });
  // More particles than places are more columns.
  expect_error(Code::shape_mismatch, "20 features, the model 16", [&] {
    fit([](Dataset& d) {
      d.features = 20;
      d.x.resize(200 * 20);
    });
  });
  expect_error(Code::invalid_argument, "epic_gan.particles is required",
               [] { Model::create("epic_gan", "{}"); });
  expect_error(Code::out_of_range, "positive_features names feature 2 of particles that have 2",
               [] { Model::create("epic_gan", R"({"particles": 4, "particle_features": 2})"); });
  const std::shared_ptr<Model> model = fitted();
  expect_error(Code::corrupt_file, "the stored multiplicity is not 5 numbers of clouds", [&] {
    std::string json = model->preprocessing_json();
    const size_t at = json.find("\"multiplicity\":[");
    json.insert(at + 16, "3,");
    model->set_preprocessing_json(json);
  });
  expect_error(Code::corrupt_file, "the stored least values are not 3 numbers", [&] {
    std::string json = model->preprocessing_json();
    json.insert(json.find("\"least\":[") + 9, "3,");
    model->set_preprocessing_json(json);
  });
}

}  // namespace
}  // namespace castalia
