// The compiled update of each optimiser against the same written once more in plain loops, step by
// step.
#include "cpp/train/optimiser.h"

#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cpp/base/status.h"
#include "cpp/compile/compile.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

constexpr int64_t kCount = 37;
constexpr int kSteps = 12;

using Vector = std::vector<double>;

// A gradient that changes from step to step and depends on the weights.
double gradient_of(double weight, int step, int64_t i) {
  return 0.5 * weight + std::sin(1.7 * step + 0.3 * static_cast<double>(i));
}

double first_weight(int64_t i) { return std::cos(0.9 * static_cast<double>(i)); }
double rate_of(int step) { return 0.05 / (1 + 0.1 * step); }

// The compiled update, fed with the gradient at its own weights.
template <typename T>
class Compiled {
 public:
  Compiled(const std::string& json, const Vector& rates, const Vector& decays = {})
      : options_(json) {
    constexpr DType dtype = sizeof(T) == 4 ? DType::float32 : DType::float64;
    Graph graph;
    const Value weights = graph.state("parameters", {dtype, {kCount}});
    const Value gradient = graph.input("gradient", {dtype, {kCount}});
    const Value loss = graph.input("loss", {DType::float64, {}});
    const auto factors = [&](const char* name, const Vector& values) {
      return values.empty() ? Value() : graph.state(name, {dtype, {kCount}});
    };
    trace_update(graph, options_,
                 {.loss = loss,
                  .weights = weights,
                  .gradient = gradient,
                  .rate_factors = factors("rate_factors", rates),
                  .decay_factors = factors("decay_factors", decays)});
    workspace_ = std::make_unique<Workspace>(compile(graph, {.rows_independent = false}));
    for (const Binding& state : workspace_->program().states) {
      memory_[state.name] = AlignedBuffer(padded_bytes(kCount * sizeof(T)));
      workspace_->bind_state(state.name, memory_[state.name].data());
    }
    for (int64_t i = 0; i < kCount; ++i) at("parameters")[i] = static_cast<T>(first_weight(i));
    if (memory_.count("ema") > 0) std::copy_n(at("parameters"), kCount, at("ema"));
    for (size_t i = 0; i < rates.size(); ++i) at("rate_factors")[i] = static_cast<T>(rates[i]);
    for (size_t i = 0; i < decays.size(); ++i) at("decay_factors")[i] = static_cast<T>(decays[i]);
  }

  T* at(const std::string& name) { return reinterpret_cast<T*>(memory_[name].data()); }

  // False when the step was refused.
  bool step(int number, double loss = 1) {
    auto* gradient = static_cast<T*>(workspace_->input("gradient"));
    for (int64_t i = 0; i < kCount; ++i) {
      gradient[i] = static_cast<T>(gradient_of(at("parameters")[i], number, i));
    }
    *static_cast<double*>(workspace_->input("loss")) = loss;
    for (const StepNumber& each : step_numbers(options_, number, rate_of(number))) {
      if (each.name != nullptr) {
        *static_cast<T*>(workspace_->input(each.name)) = static_cast<T>(each.value);
      }
    }
    workspace_->run();
    return *static_cast<const T*>(workspace_->output("good")) == 1;
  }

 private:
  TrainingOptions options_;
  std::unique_ptr<Workspace> workspace_;
  std::map<std::string, AlignedBuffer> memory_;
};

// One weight and what its optimiser remembers.
struct Scalar {
  double w = 0, m = 0, v = 0;
};
// Changes it in step t, for a gradient and a rate.
using Rule = std::function<void(Scalar&, double g, double rate, int t)>;

template <typename T>
void expect_steps(const std::string& json, const Rule& rule, double tolerance,
                  const Vector& factors = {}, double clip = 0) {
  SCOPED_TRACE(json);
  Compiled<T> compiled(json, factors);
  std::vector<Scalar> weights(kCount);
  for (int64_t i = 0; i < kCount; ++i) weights[static_cast<size_t>(i)].w = first_weight(i);
  for (int t = 1; t <= kSteps; ++t) {
    Vector g(kCount);
    double norm2 = 0;
    for (size_t i = 0; i < g.size(); ++i) {
      g[i] = gradient_of(weights[i].w, t, static_cast<int64_t>(i));
      norm2 += g[i] * g[i];
    }
    const double cut = clip > 0 ? std::min(1.0, clip / std::sqrt(norm2)) : 1;
    for (size_t i = 0; i < g.size(); ++i) {
      rule(weights[i], cut * g[i], rate_of(t) * (factors.empty() ? 1 : factors[i]), t);
    }
    ASSERT_TRUE(compiled.step(t));
    for (size_t i = 0; i < g.size(); ++i) {
      ASSERT_NEAR(compiled.at("parameters")[i], weights[i].w, tolerance)
          << "step " << t << ", weight " << i;
    }
  }
}

void expect_steps(const std::string& json, const Rule& rule) {
  expect_steps<double>(json, rule, 1e-13);
  expect_steps<float>(json, rule, 2e-5);
}

TEST(Optimiser, Sgd) {
  expect_steps(R"({"optimiser": "sgd"})",
               [](Scalar& s, double g, double rate, int) { s.w -= rate * g; });
  expect_steps(R"({"optimiser": "sgd", "momentum": 0.9, "weight_decay": 0.1})",
               [](Scalar& s, double g, double rate, int) {
                 s.m = 0.9 * s.m + (g + 0.1 * s.w);
                 s.w -= rate * s.m;
               });
}

TEST(Optimiser, SgdWithNesterov) {
  expect_steps(R"({"optimiser": "sgd", "momentum": 0.8, "nesterov": true})",
               [](Scalar& s, double g, double rate, int) {
                 s.m = 0.8 * s.m + g;
                 s.w -= rate * (g + 0.8 * s.m);
               });
}

void adam(Scalar& s, double g, double rate, int t, double decoupled) {
  s.m = 0.8 * s.m + 0.2 * g;
  s.v = 0.95 * s.v + 0.05 * g * g;
  const double m = s.m / (1 - std::pow(0.8, t));
  const double v = s.v / (1 - std::pow(0.95, t));
  s.w -= rate * (m / (std::sqrt(v) + 1e-4) + decoupled * s.w);
}

TEST(Optimiser, Adam) {
  expect_steps(
      R"({"optimiser": "adam", "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4, "weight_decay": 0.1})",
      [](Scalar& s, double g, double rate, int t) { adam(s, g + 0.1 * s.w, rate, t, 0); });
}

TEST(Optimiser, AdamW) {
  expect_steps(R"({"beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4, "weight_decay": 0.1})",
               [](Scalar& s, double g, double rate, int t) { adam(s, g, rate, t, 0.1); });
}

TEST(Optimiser, RmsProp) {
  expect_steps(R"({"optimiser": "rmsprop", "beta2": 0.9, "epsilon": 1e-3})",
               [](Scalar& s, double g, double rate, int) {
                 s.v = 0.9 * s.v + 0.1 * g * g;
                 s.w -= rate * g / (std::sqrt(s.v) + 1e-3);
               });
  expect_steps(R"({"optimiser": "rmsprop", "beta2": 0.9, "epsilon": 1e-3, "momentum": 0.7,
                   "weight_decay": 0.2})",
               [](Scalar& s, double g, double rate, int) {
                 g += 0.2 * s.w;
                 s.v = 0.9 * s.v + 0.1 * g * g;
                 s.m = 0.7 * s.m + g / (std::sqrt(s.v) + 1e-3);
                 s.w -= rate * s.m;
               });
}

TEST(Optimiser, Adagrad) {
  expect_steps(R"({"optimiser": "adagrad", "epsilon": 1e-3, "weight_decay": 0.1})",
               [](Scalar& s, double g, double rate, int) {
                 g += 0.1 * s.w;
                 s.v += g * g;
                 s.w -= rate * g / (std::sqrt(s.v) + 1e-3);
               });
}

TEST(Optimiser, Adadelta) {
  expect_steps(R"({"optimiser": "adadelta", "beta2": 0.9, "epsilon": 1e-3, "weight_decay": 0.1})",
               [](Scalar& s, double g, double rate, int) {
                 g += 0.1 * s.w;
                 s.v = 0.9 * s.v + 0.1 * g * g;
                 const double by = std::sqrt(s.m + 1e-3) / std::sqrt(s.v + 1e-3) * g;
                 s.m = 0.9 * s.m + 0.1 * by * by;
                 s.w -= rate * by;
               });
}

TEST(Optimiser, Lion) {
  // In float64 alone: a sign that rounding turns is a step of another length.
  expect_steps<double>(R"({"optimiser": "lion", "beta1": 0.9, "beta2": 0.99, "weight_decay": 0.3})",
                       [](Scalar& s, double g, double rate, int) {
                         const double c = 0.9 * s.m + 0.1 * g;
                         s.w -= rate * ((c > 0 ? 1 : c < 0 ? -1 : 0) + 0.3 * s.w);
                         s.m = 0.99 * s.m + 0.01 * g;
                       },
                       1e-13);
}

TEST(Optimiser, HasRatesOfGroups) {
  Vector factors(kCount, 1);
  for (size_t i = 10; i < 20; ++i) factors[i] = 0.1;
  for (size_t i = 20; i < 30; ++i) factors[i] = 0;
  const auto rule = [](Scalar& s, double g, double rate, int) { s.w -= rate * g; };
  const std::string json =
      R"({"optimiser": "sgd", "group_patterns": ["a", "b"], "group_rates": [0.1, 0]})";
  expect_steps<double>(json, rule, 1e-13, factors);
  Compiled<double> compiled(json, factors);
  ASSERT_TRUE(compiled.step(1));
  for (int64_t i = 20; i < 30; ++i) EXPECT_EQ(compiled.at("parameters")[i], first_weight(i));
}

// A weight that does not decay moves as if nothing did; one that does, as if all did.
TEST(Optimiser, HasDecaysOfGroups) {
  for (const char* name : {"adamw", "adam", "sgd", "rmsprop", "adagrad", "adadelta", "lion"}) {
    const std::string json = std::string(R"({"optimiser": ")") + name + "\"";
    SCOPED_TRACE(json);
    const auto with = [&](double decay) {
      return json + R"(, "weight_decay": )" + std::to_string(decay) + "}";
    };
    Vector factors(kCount, 1);
    for (size_t i = 10; i < 20; ++i) factors[i] = 0;
    for (size_t i = 20; i < 30; ++i) factors[i] = 0.5;
    Compiled<double> grouped(with(0.5), {}, factors);
    Compiled<double> all(with(0.5), {}), none(with(0), {}), half(with(0.25), {});
    for (int t = 1; t <= kSteps; ++t) {
      for (Compiled<double>* each : {&grouped, &all, &none, &half}) ASSERT_TRUE(each->step(t));
    }
    for (int64_t i = 0; i < kCount; ++i) {
      const double factor = factors[static_cast<size_t>(i)];
      Compiled<double>& same = factor == 0 ? none : factor == 1 ? all : half;
      EXPECT_EQ(grouped.at("parameters")[i], same.at("parameters")[i]) << i;
    }
    EXPECT_NE(all.at("parameters")[0], none.at("parameters")[0]);
  }
}

TEST(Optimiser, ClipsTheGradient) {
  expect_steps<double>(R"({"optimiser": "sgd", "clip_norm": 0.5})",
                       [](Scalar& s, double g, double rate, int) { s.w -= rate * g; }, 1e-13, {},
                       0.5);
}

TEST(Optimiser, KeepsTheRunningMean) {
  Compiled<double> compiled(R"({"optimiser": "sgd", "ema": 0.5})", {});
  Vector mean(kCount);
  for (int64_t i = 0; i < kCount; ++i) mean[static_cast<size_t>(i)] = first_weight(i);
  for (int t = 1; t <= kSteps; ++t) {
    ASSERT_TRUE(compiled.step(t));
    const double decay = std::min(0.5, (t + 1.0) / (t + 10.0));
    for (size_t i = 0; i < mean.size(); ++i) {
      mean[i] += (1 - decay) * (compiled.at("parameters")[i] - mean[i]);
      ASSERT_NEAR(compiled.at("ema")[i], mean[i], 1e-13);
    }
  }
}

TEST(Optimiser, ChangesNothingWhereSomethingIsNotFinite) {
  for (const char* name : {"adamw", "adam", "sgd", "rmsprop", "adagrad", "adadelta", "lion"}) {
    const std::string json = std::string(R"({"optimiser": ")") + name +
                             (std::strcmp(name, "sgd") == 0 ? R"(", "momentum": 0.9})" : R"("})");
    SCOPED_TRACE(json);
    Compiled<double> compiled(json, {});
    Compiled<double> undisturbed(json, {});
    ASSERT_TRUE(compiled.step(1));
    ASSERT_TRUE(undisturbed.step(1));
    EXPECT_FALSE(compiled.step(2, std::numeric_limits<double>::quiet_NaN()));
    ASSERT_TRUE(compiled.step(2));
    ASSERT_TRUE(undisturbed.step(2));
    for (int64_t i = 0; i < kCount; ++i) {
      ASSERT_EQ(compiled.at("parameters")[i], undisturbed.at("parameters")[i]);
    }
  }
}

ParameterTable table_of(const std::vector<std::string>& names) {
  ParameterTable table;
  for (const std::string& name : names) table.declare(name, {2}, Initializer::zeros);
  table.close();
  return table;
}

TEST(DecayFactors, AreThoseOfTheGroups) {
  const ParameterTable table = table_of({"linear_0.weight", "linear_0.bias"});
  const TrainingOptions options(
      R"({"weight_decay": 1, "group_patterns": ["*.bias"], "group_decays": [0]})");
  EXPECT_EQ(decay_factors(options, table), (Vector{1, 1, 0, 0}));
  EXPECT_EQ(rate_factors(options, table), Vector());
}

TEST(RateFactors, FollowTheFirstPatternThatFits) {
  const ParameterTable table =
      table_of({"coupling_1.weight", "coupling_1.bias", "coupling_12.bias", "head.weight"});
  const TrainingOptions options(
      R"({"group_patterns": ["coupling_?.*", "*.bias"], "group_rates": [0.5, 3]})");
  EXPECT_EQ(rate_factors(options, table), (Vector{0.5, 0.5, 0.5, 0.5, 3, 3, 1, 1}));
  EXPECT_EQ(rate_factors(TrainingOptions(""), table), Vector());
}

TEST(RateFactors, RefuseAPatternThatFitsNothing) {
  const ParameterTable table = table_of({"head.weight", "head.bias"});
  try {
    rate_factors(TrainingOptions(R"({"group_patterns": ["head.weights"], "group_rates": [2]})"),
                 table);
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::not_found);
    EXPECT_NE(std::string(error.what()).find("did you mean 'head.weight'?"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace castalia
