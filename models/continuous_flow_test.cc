// What continuous flows promise beyond the laws of all models: symmetries, errors of the solver,
// and that every objective learns.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/runtime/cuda/emulated_device.h"
#include "models/fit.h"
#include "models/model.h"

namespace castalia {
namespace {

using Numbers = std::vector<double>;

Numbers normal(uint64_t event, size_t count) {
  Numbers values(count);
  fill_normal(Stream{11, event, 1, 0}, values);
  return values;
}

// Fitted to these events and with weights that are zero nowhere.
std::shared_ptr<Model> untrained(const std::string& fields, const Numbers& x, double scale = 0.3) {
  std::shared_ptr<Model> model = Model::create("continuous_flow", fields);
  model->fit_preprocessing(x, {});
  Numbers weights = normal(99, model->parameter_values().size());
  for (double& weight : weights) weight *= scale;
  model->set_parameter_values(weights);
  return model;
}

Numbers log_prob(const Model& model, const Numbers& x) {
  Numbers out(x.size() / static_cast<size_t>(model.features()));
  model.log_prob(x, {}, out);
  return out;
}

Numbers sample(const Model& model, size_t rows, uint64_t seed = 1) {
  Numbers out(rows * static_cast<size_t>(model.features()));
  model.sample(seed, 0, {}, out);
  return out;
}

double mean_of(const Numbers& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

void expect_near(const Numbers& found, const Numbers& expected, double tolerance) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], tolerance) << i;
}

// Error code and text of what fails.
std::pair<Code, std::string> failure(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
  return {Code::ok, ""};
}

TEST(ContinuousFlow, SolversAgree) {
  const Numbers x = normal(1, 40);
  const std::string network = R"({"features": 2, "hidden": 16, "dtype": "float64", )";
  const auto with = [&](const std::string& solver) {
    return log_prob(*untrained(network + solver + "}", x), x);
  };
  const Numbers expected = with(R"("relative_tolerance": 1e-12, "absolute_tolerance": 1e-12)");
  expect_near(with(R"("solver": "rk4", "steps": 200)"), expected, 1e-7);
  expect_near(with(R"("solver": "heun", "steps": 2000)"), expected, 1e-5);
  expect_near(with(R"("solver": "midpoint", "steps": 2000)"), expected, 1e-5);
  expect_near(with(R"("solver": "euler", "steps": 10000)"), expected, 1e-2);
  expect_near(with("\"seed\": 0"), expected, 1e-4);
}

TEST(ContinuousFlow, TrainingNamesTheLimitOfStepsThatItMet) {
  auto data = std::make_shared<Dataset>();
  data->rows = 200;
  data->features = 2;
  data->x = normal(1, 400);
  const std::shared_ptr<Model> model = untrained(
      R"({"features": 2, "hidden": 16, "objective": "likelihood", "gradient": "adjoint",
          "step_limit": 3})",
      data->x, 2.0);
  const std::unique_ptr<Trainer> trainer = make_trainer(
      *model, data, TrainingOptions(R"({"batch": 50, "steps": 3, "validation": 0})"), 1);
  const auto [code, words] = failure([&] { trainer->advance(1); });
  EXPECT_EQ(code, Code::numerical);
  EXPECT_NE(words.find("step 1, row "), std::string::npos) << words;
  EXPECT_NE(words.find("continuous_flow.step_limit = 3"), std::string::npos) << words;
}

TEST(ContinuousFlow, AnEventThatNeedsTooManyStepsIsAnErrorThatNamesTheLimit) {
  const Numbers x = normal(1, 400);
  const std::shared_ptr<Model> model =
      untrained(R"({"features": 2, "hidden": 16, "step_limit": 3})", x, 2.0);
  const auto [code, words] = failure([&] { log_prob(*model, x); });
  EXPECT_EQ(code, Code::numerical);
  EXPECT_NE(words.find("step_limit = 3"), std::string::npos) << words;
  EXPECT_NE(words.find("row "), std::string::npos) << words;
  const auto [sampled, event] = failure([&] { sample(*model, 100); });
  EXPECT_EQ(sampled, Code::numerical);
  EXPECT_NE(event.find("event "), std::string::npos) << event;
  // The handle goes on to work.
  Numbers weights(model->parameter_values().size(), 0.0);
  model->set_parameter_values(weights);
  EXPECT_TRUE(std::isfinite(log_prob(*model, x)[0]));
}

TEST(ContinuousFlow, FieldsThatDoNotGoTogetherAreRefused) {
  const auto refused = [](const std::string& fields) {
    return failure([&] { Model::create("continuous_flow", R"({"features": 4, )" + fields + "}"); })
        .first;
  };
  for (const char* fields : {
           R"("tails": "none", "base": "uniform")",
           R"("base": "mixture")",
           R"("coupling": "optimal_transport", "context_features": 1)",
           R"("coupling": "optimal_transport", "objective": "likelihood")",
           R"("kinetic_weight": 0.1)",
           R"("diffusion": 1, "objective": "likelihood")",
           R"("diffusion": 1, "coupling": "optimal_transport")",
           R"("particles": 2)",
           R"("particles": 3, "field": "sets")",
           R"("particles": 2, "field": "sets", "preprocessing": ["none", "none", "none", "none"])",
           R"("field": "graph")",
       }) {
    EXPECT_EQ(refused(fields), Code::invalid_argument) << fields;
  }
  EXPECT_EQ(refused(R"("relative_tolerance": 0)"), Code::out_of_range);
  EXPECT_EQ(refused(R"("relative_tolerance": -1e-3)"), Code::out_of_range);
  EXPECT_EQ(refused(R"("step_limit": 0)"), Code::out_of_range);
  EXPECT_EQ(refused(R"("particles": 2, "field": "sets")"), Code::ok);
}

TEST(ContinuousFlow, RowsThatAreNotFiniteAreRefused) {
  Numbers x = normal(1, 40);
  const std::shared_ptr<Model> model = untrained(R"({"features": 2, "hidden": 8})", x);
  x[7] = std::nan("");
  const auto [code, words] = failure([&] { log_prob(*model, x); });
  EXPECT_EQ(code, Code::not_finite);
  EXPECT_NE(words.find("row 3, column 1"), std::string::npos) << words;
  const std::shared_ptr<Model> cloud =
      Model::create("continuous_flow", R"({"features": 2, "particles": 2, "field": "sets"})");
  const auto [fitted, reason] = failure([&] { cloud->fit_preprocessing(x, {}); });
  EXPECT_EQ(fitted, Code::not_finite);
  EXPECT_NE(reason.find("row 3, column 1"), std::string::npos) << reason;
}

constexpr size_t kParticles = 4;
constexpr size_t kCloud = 3 * kParticles;

// Every particle of each row by the matrix and the shift, and from another place.
Numbers rearranged(const Numbers& x, const double (&matrix)[3][3], double shift, size_t places) {
  Numbers out(x.size());
  for (size_t row = 0; row < x.size() / kCloud; ++row) {
    for (size_t i = 0; i < kParticles; ++i) {
      const double* from = x.data() + row * kCloud + 3 * ((i + places) % kParticles);
      for (size_t k = 0; k < 3; ++k) {
        double sum = shift;
        for (size_t j = 0; j < 3; ++j) sum += matrix[k][j] * from[j];
        out[row * kCloud + 3 * i + k] = sum;
      }
    }
  }
  return out;
}

constexpr double kAsItIs[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
// A rotation about (1, 1, 1), then one about the z axis.
constexpr double kTurned[3][3] = {{0.6, 0, -0.8}, {0.8, 0, 0.6}, {0, -1, 0}};

std::shared_ptr<Model> cloud_flow(const std::string& field, const Numbers& x) {
  return untrained(
      R"({"features": 12, "particles": 4, "hidden": 8, "dtype": "float64", "field": ")" + field +
          R"(", "relative_tolerance": 1e-11, "absolute_tolerance": 1e-11})",
      x);
}

TEST(ContinuousFlow, DensitiesOfCloudsHaveTheirSymmetries) {
  const Numbers x = normal(1, 20 * kCloud);
  const std::shared_ptr<Model> sets = cloud_flow("sets", x);
  const Numbers of_sets = log_prob(*sets, x);
  expect_near(log_prob(*sets, rearranged(x, kAsItIs, 0, 1)), of_sets, 1e-8);
  const std::shared_ptr<Model> graph = cloud_flow("graph", x);
  const Numbers of_graph = log_prob(*graph, x);
  expect_near(log_prob(*graph, rearranged(x, kAsItIs, 0, 1)), of_graph, 1e-8);
  expect_near(log_prob(*graph, rearranged(x, kTurned, 0, 0)), of_graph, 1e-8);
  expect_near(log_prob(*graph, rearranged(x, kAsItIs, 17, 0)), of_graph, 1e-8);
  expect_near(log_prob(*graph, rearranged(x, kTurned, -3, 2)), of_graph, 1e-8);
  // It is no constant.
  EXPECT_GT(std::abs(of_graph[0] - of_graph[1]), 1e-3);
  Numbers other = x;
  other[0] += 1;
  EXPECT_GT(std::abs(log_prob(*graph, other)[0] - of_graph[0]), 1e-3);
}

TEST(ContinuousFlow, CloudsThatTurnLieAboutTheirCentre) {
  const Numbers x = normal(1, 20 * kCloud);
  const std::shared_ptr<Model> graph = cloud_flow("graph", x);
  const Numbers events = sample(*graph, 50);
  for (size_t row = 0; row < 50; ++row) {
    for (size_t k = 0; k < 3; ++k) {
      double sum = 0;
      for (size_t i = 0; i < kParticles; ++i) sum += events[row * kCloud + 3 * i + k];
      EXPECT_NEAR(sum, 0, 1e-12);
    }
  }
  Numbers z(x.size());
  Numbers none;
  EXPECT_EQ(failure([&] { graph->transform(x, {}, z, none); }).first, Code::unsupported);
}

// Two particles on a line have one difference d: the positions about their centre are (d, -d) / 2,
// of length |d| / sqrt 2.
TEST(ContinuousFlow, TheDensityAboutTheCentreIntegratesToOne) {
  const std::shared_ptr<Model> model =
      untrained(R"({"features": 2, "particles": 2, "field": "graph", "hidden": 8,
                    "dtype": "float64", "solver": "rk4", "steps": 40})",
                normal(1, 60));
  constexpr int kPoints = 4001;
  constexpr int kMiddle = kPoints / 2;
  Numbers x;
  for (int i = 0; i < kPoints; ++i) {
    const double d = 40.0 * (i - kMiddle) / kPoints;
    x.insert(x.end(), {d / 2, -d / 2});
  }
  double sum = 0;
  for (const double value : log_prob(*model, x)) sum += std::exp(value);
  EXPECT_NEAR(sum * 40.0 / kPoints / std::numbers::sqrt2, 1.0, 1e-4);
}

TEST(ContinuousFlow, TheDensityOfOneFeatureIntegratesToOne) {
  const std::shared_ptr<Model> model = untrained(
      R"({"features": 1, "field": "residual", "hidden": 8, "dtype": "float64"})", normal(1, 60));
  constexpr int kPoints = 4001;
  constexpr int kMiddle = kPoints / 2;
  Numbers x;
  for (int i = 0; i < kPoints; ++i) x.push_back(80.0 * (i - kMiddle) / kPoints);
  double sum = 0;
  for (const double value : log_prob(*model, x)) sum += std::exp(value);
  EXPECT_NEAR(sum * 80.0 / kPoints, 1.0, 1e-4);
}

// Two half circles of radius 1 that reach into each other, with a width of 0.1.
constexpr double kWidth = 0.1;
std::pair<double, double> moon(bool lower, double angle) {
  return lower ? std::pair(1 - std::cos(angle), 0.5 - std::sin(angle))
               : std::pair(std::cos(angle), std::sin(angle));
}

Numbers moons(uint64_t first, size_t rows) {
  Numbers out;
  for (size_t row = 0; row < rows; ++row) {
    Numbers u(2);
    Numbers noise(2);
    fill_uniform(Stream{12, first + row, 1, 0}, u);
    fill_normal(Stream{12, first + row, 2, 0}, noise);
    const auto [a, b] = moon(u[0] < 0.5, std::numbers::pi * u[1]);
    out.insert(out.end(), {a + kWidth * noise[0], b + kWidth * noise[1]});
  }
  return out;
}

// By the trapezoidal rule along the circles.
double log_density_of_moons(double a, double b) {
  constexpr int kPieces = 400;
  double sum = 0;
  for (const bool lower : {false, true}) {
    for (int i = 0; i <= kPieces; ++i) {
      const auto [c, d] = moon(lower, std::numbers::pi * i / kPieces);
      const double square = (a - c) * (a - c) + (b - d) * (b - d);
      const double weight = i == 0 || i == kPieces ? 0.5 : 1.0;
      sum += weight / kPieces * 0.5 * std::exp(-0.5 * square / (kWidth * kWidth));
    }
  }
  return std::log(sum / (2 * std::numbers::pi * kWidth * kWidth));
}

struct Learned {
  std::shared_ptr<Model> model;
  double first_loss = 0;
  double last_loss = 0;
  double missing = 0;  // held-out log-density of the truth less that of the model, an event
};

Learned learn(const std::string& fields, int64_t steps, double rate) {
  Learned learned;
  learned.model =
      Model::create("continuous_flow", R"({"features": 2, "hidden": 64, "relative_tolerance": 1e-4,
                             "absolute_tolerance": 1e-4)" +
                                           fields + "}");
  auto data = std::make_shared<Dataset>();
  data->rows = 8000;
  data->features = 2;
  data->x = moons(0, 8000);
  const TrainingOptions options(text(R"({"batch": 256, "validation": 0, "learning_rate": )", rate,
                                     R"(, "steps": )", steps, "}"));
  const std::unique_ptr<Trainer> trainer = make_trainer(*learned.model, data, options, 1);
  trainer->advance(20);
  learned.first_loss = trainer->loss();
  trainer->advance(steps);
  learned.last_loss = trainer->loss();
  adopt(*learned.model, *trainer);
  const Numbers held_out = moons(1000000, 1000);
  Numbers truth;
  for (size_t i = 0; i < held_out.size(); i += 2) {
    truth.push_back(log_density_of_moons(held_out[i], held_out[i + 1]));
  }
  learned.missing = mean_of(truth) - mean_of(log_prob(*learned.model, held_out));
  std::printf("%s: loss %.3f to %.3f, %.3f nats below the truth\n", fields.c_str(),
              learned.first_loss, learned.last_loss, learned.missing);
  return learned;
}

TEST(ContinuousFlow, FlowMatchingLearnsTwoMoons) {
  const Learned learned = learn("", 3000, 2e-3);
  EXPECT_LT(learned.last_loss, learned.first_loss);
  EXPECT_LT(learned.missing, 0.2);
  EXPECT_GT(learned.missing, -0.1);
}

TEST(ContinuousFlow, OptimalTransportMakesTheWaysStraight) {
  const Learned learned = learn(R"(, "coupling": "optimal_transport")", 2000, 2e-3);
  EXPECT_LT(learned.missing, 0.2);
  // With straight ways few steps of the simplest solver come close to many.
  const auto error_of_few_steps = [](Model& model) {
    const auto with = [&](const char* steps) {
      const std::shared_ptr<Model> other =
          Model::create(model.specification().with("solver", "\"euler\"").with("steps", steps));
      other->set_preprocessing_json(model.network().preprocessing_json());
      other->set_parameter_values(model.parameter_values());
      return sample(*other, 1000);
    };
    const Numbers few = with("4");
    const Numbers many = with("200");
    double sum = 0;
    for (size_t i = 0; i < few.size(); ++i) sum += std::abs(few[i] - many[i]);
    return sum;
  };
  const Learned independent = learn("", 2000, 2e-3);
  EXPECT_LT(error_of_few_steps(*learned.model), 0.6 * error_of_few_steps(*independent.model));
}

TEST(ContinuousFlow, LikelihoodLearnsTwoMoons) {
  const std::string common = R"(, "objective": "likelihood", "solver": "rk4", "steps": 6)";
  const Learned exact = learn(common, 150, 1e-2);
  EXPECT_LT(exact.last_loss, exact.first_loss - 0.3);
  EXPECT_LT(exact.missing, 0.2);
  const Learned estimated =
      learn(common + R"(, "trace": "hutchinson", "gradient": "adjoint")", 150, 1e-2);
  EXPECT_LT(estimated.missing, 0.2);
}

TEST(ContinuousFlow, StochasticWaysEndInTheSameDensity) {
  Learned learned = learn("", 3000, 2e-3);
  const std::shared_ptr<Model> stochastic =
      Model::create(learned.model->specification().with("diffusion", "1.0"));
  stochastic->set_preprocessing_json(learned.model->network().preprocessing_json());
  stochastic->set_parameter_values(learned.model->parameter_values());
  const Numbers straight = sample(*learned.model, 4000);
  const Numbers wandering = sample(*stochastic, 4000);
  EXPECT_NE(straight, wandering);
  for (size_t k = 0; k < 2; ++k) {
    Numbers a;
    Numbers b;
    for (size_t i = k; i < straight.size(); i += 2) a.push_back(straight[i]);
    for (size_t i = k; i < wandering.size(); i += 2) b.push_back(wandering[i]);
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    double distance = 0;  // of Kolmogorov and Smirnov
    for (size_t i = 0; i < a.size(); ++i) {
      const auto below = std::lower_bound(b.begin(), b.end(), a[i]) - b.begin();
      distance = std::max(distance, std::abs(static_cast<double>(below) - static_cast<double>(i)));
    }
    EXPECT_LT(distance / 4000, 0.06) << "column " << k;
  }
}

TEST(ContinuousFlow, TrainingIsTheSameForAnyNumberOfThreads) {
  const auto trained = [](const std::string& fields, int threads) {
    const std::shared_ptr<Model> model =
        Model::create("continuous_flow", R"({"features": 2, "hidden": 16, )" + fields + "}");
    auto data = std::make_shared<Dataset>();
    data->rows = 1000;
    data->features = 2;
    data->x = moons(0, 1000);
    const TrainingOptions options(R"({"batch": 400, "steps": 5})");
    const std::unique_ptr<Trainer> trainer = make_trainer(*model, data, options, threads);
    trainer->advance(5);
    adopt(*model, *trainer);
    return model->parameter_values();
  };
  for (const char* fields : {R"("coupling": "optimal_transport")",
                             R"("objective": "likelihood", "solver": "rk4", "steps": 3)",
                             R"("objective": "likelihood", "gradient": "adjoint")"}) {
    const Numbers one = trained(fields, 1);
    EXPECT_EQ(trained(fields, 2), one) << fields;
    EXPECT_EQ(trained(fields, 3), one) << fields;
  }
}

TEST(ContinuousFlow, ADeviceDrawsAndEvaluatesAsTheHost) {
  const Resources device(1, &cuda::emulated_device());
  const Numbers x = normal(1, 40);
  for (const char* solver : {R"("solver": "rk4", "steps": 3)", R"("solver": "dormand_prince")"}) {
    SCOPED_TRACE(solver);
    const std::shared_ptr<Model> model =
        untrained(text(R"({"features": 2, "hidden": 8, "hidden_layers": 1, "time_frequencies": 2,
                 "relative_tolerance": 1e-3, "dtype": "float64", )",
                       solver, "}"),
                  x);
    Numbers drawn(x.size());
    model->sample(1, 0, {}, drawn, device);
    expect_near(drawn, sample(*model, x.size() / 2), 1e-10);
    Numbers densities(x.size() / 2);
    model->log_prob(x, {}, densities, device);
    expect_near(densities, log_prob(*model, x), 1e-10);
  }
}

TEST(ContinuousFlow, ADeviceTrainsAsTheHost) {
  auto data = std::make_shared<Dataset>();
  data->rows = 30;
  data->features = 2;
  data->x = moons(0, 30);
  const auto trained = [&](const std::string& fields, Resources resources) {
    const std::shared_ptr<Model> model = Model::create(
        "continuous_flow", R"({"features": 2, "hidden": 8, "hidden_layers": 1, "dtype": "float64",
                               "objective": "likelihood", )" +
                               fields + "}");
    const TrainingOptions options(R"({"batch": 20, "steps": 2})");
    const std::unique_ptr<Trainer> trainer = make_trainer(*model, data, options, resources);
    trainer->advance(2);
    return trainer->parameter_values();
  };
  const Resources device(1, &cuda::emulated_device());
  for (const char* fields : {R"("solver": "rk4", "steps": 2)",
                             R"("solver": "midpoint", "steps": 3, "gradient": "adjoint",
                                "trace": "hutchinson", "kinetic_weight": 0.1)"}) {
    SCOPED_TRACE(fields);
    expect_near(trained(fields, device), trained(fields, {}), 1e-8);
  }
}

TEST(ContinuousFlow, RegularisersMakeTheFieldSlower) {
  const auto losses = [](const std::string& weights) {
    const std::string fields = R"(, "objective": "likelihood", "solver": "rk4", "steps": 4)";
    return learn(fields + weights, 100, 1e-2);
  };
  // How far noise moves on the way.
  const auto length = [](const Model& model) {
    const Numbers z = normal(5, 2000);
    Numbers x(z.size());
    Numbers none;
    model.inverse(z, {}, x, none);
    double sum = 0;
    for (size_t i = 0; i < z.size(); ++i) sum += (x[i] - z[i]) * (x[i] - z[i]);
    return sum;
  };
  const double free = length(*losses("").model);
  const double slow = length(*losses(R"(, "kinetic_weight": 1.0, "jacobian_weight": 0.1)").model);
  EXPECT_LT(slow, 0.9 * free);
}

}  // namespace
}  // namespace castalia
