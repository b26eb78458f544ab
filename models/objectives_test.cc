// Training towards targets and by a classifier: gradients against differences and against each
// other, integrals of targets that are known, the same bits for any number of threads and after a
// stop, and targets that fail.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "models/fit.h"
#include "models/model.h"

namespace castalia {
namespace {

constexpr char kFlow[] =
    R"({"features": 2, "layers": 4, "hidden": 16, "bins": 6, "dtype": "float64", "seed": 3})";

// A built-in target whose calls can be counted and made to fail.
class WatchedTarget : public Target {
 public:
  explicit WatchedTarget(std::shared_ptr<Target> of, bool has_gradient = true)
      : of_(std::move(of)), has_gradient_(has_gradient) {}

  int64_t features() const override { return of_->features(); }
  bool has_gradient() const override { return has_gradient_; }
  std::string identity() const override { return of_->identity(); }
  void evaluate(const TargetRequest& request) override {
    ++calls;
    of_->evaluate(request);
    if (then) then(request);
  }

  int calls = 0;
  std::function<void(const TargetRequest&)> then;

 private:
  std::shared_ptr<Target> of_;
  bool has_gradient_;
};

std::shared_ptr<Target> mixture() {
  return make_target("gaussian_mixture", R"({"features": 2, "centres": [-1, -0.5, 1, 0.8],
      "widths": [0.5, 0.7], "weights": [1, 2], "log_norm": 1.5})");
}

// A flow whose weights are moved a little from where they start.
std::shared_ptr<Model> moved(const std::string& specification = kFlow,
                             const char* architecture = "coupling_flow") {
  const auto model = Model::create(architecture, specification);
  std::vector<double> weights = model->parameter_values();
  std::vector<double> noise(weights.size());
  fill_normal(Stream{5, 0, 1, 0}, noise);
  for (size_t i = 0; i < weights.size(); ++i) weights[i] += 0.05 * noise[i];
  model->set_parameter_values(weights);
  return model;
}

std::string with(const std::string& fields) { return "{" + fields + "}"; }

// One step down the gradient, whose length in the weights is the gradient.
struct Step {
  double loss = 0;
  std::vector<double> gradient;
};

Step step_of(const Model& model, std::shared_ptr<Target> target, const std::string& fields) {
  const TrainingOptions options(with(
      R"("optimiser": "sgd", "learning_rate": 1, "schedule": "constant", "steps": 1, )" + fields));
  const auto trainer = make_trainer(model, nullptr, options, 1, std::move(target));
  trainer->advance(1);
  const std::vector<double> after = trainer->parameter_values();
  Step step{trainer->loss(), model.parameter_values()};
  for (size_t i = 0; i < step.gradient.size(); ++i) step.gradient[i] -= after[i];
  return step;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

std::vector<double> direction(size_t count, uint64_t number) {
  std::vector<double> out(count);
  fill_normal(Stream{9, number, 2, 0}, out);
  return out;
}

TEST(ReverseDivergence, HasTheGradientOfDifferences) {
  constexpr double h = 1e-6;
  struct Flow {
    const char* architecture;
    const char* specification;
  };
  // Smooth ones: kinks of rectifiers and of splines' second derivatives would show.
  for (const auto& [architecture, specification] :
       {Flow{"coupling_flow", R"({"features": 2, "layers": 4, "hidden": 16, "transformer": "affine",
                                  "activation": "silu", "dtype": "float64"})"},
        Flow{"autoregressive_flow", R"({"features": 2, "layers": 2, "hidden": 16,
                                        "transformer": "deep_sigmoid", "sigmoids": 4,
                                        "activation": "tanh", "dtype": "float64"})"},
        Flow{"composed_flow", R"json({"features": 2, "layers": ["residual(hidden=8)", "planar",
                                      "lu_linear"], "dtype": "float64"})json"}}) {
    const auto model = moved(specification, architecture);
    const char* fields = R"("objective": "reverse_kl", "estimator": "total", "batch": 64)";
    const std::vector<double> weights = model->parameter_values();
    const Step here = step_of(*model, mixture(), fields);
    for (uint64_t number = 0; number < 6; ++number) {
      const std::vector<double> along = direction(weights.size(), number);
      const auto loss_at = [&](double distance) {
        std::vector<double> there = weights;
        for (size_t i = 0; i < there.size(); ++i) there[i] += distance * along[i];
        model->set_parameter_values(there);
        return step_of(*model, mixture(), fields).loss;
      };
      const double slope = (loss_at(h) - loss_at(-h)) / (2 * h);
      model->set_parameter_values(weights);
      EXPECT_NEAR(dot(here.gradient, along), slope, 1e-6 * std::max(1.0, std::abs(slope)))
          << architecture;
    }
  }
}

// Means over independent batches, along directions, within what their spread allows.
TEST(ReverseDivergence, HasTheSameGradientByEachEstimator) {
  const auto model = moved();
  constexpr int batches = 24;
  constexpr size_t directions = 5;
  struct Mean {
    double value, error;
  };
  const auto means = [&](const char* estimator) {
    std::vector<Mean> out;
    std::vector<std::vector<double>> slopes(directions);
    for (int batch = 0; batch < batches; ++batch) {
      const Step step = step_of(*model, mixture(),
                                text(R"("objective": "reverse_kl", "batch": 2000, "estimator": ")",
                                     estimator, R"(", "seed": )", batch + 1));
      for (size_t number = 0; number < directions; ++number) {
        slopes[number].push_back(dot(step.gradient, direction(step.gradient.size(), number)));
      }
    }
    for (const std::vector<double>& each : slopes) {
      const double mean = std::accumulate(each.begin(), each.end(), 0.0) / batches;
      double squares = 0;
      for (const double slope : each) squares += (slope - mean) * (slope - mean);
      out.push_back({mean, std::sqrt(squares / (batches - 1) / batches)});
    }
    return out;
  };
  const auto total = means("total");
  EXPECT_TRUE(std::any_of(total.begin(), total.end(),
                          [](const Mean& mean) { return std::abs(mean.value) > 10 * mean.error; }));
  for (const char* estimator : {"path", "score"}) {
    const auto other = means(estimator);
    for (size_t number = 0; number < directions; ++number) {
      const double error = std::hypot(total[number].error, other[number].error);
      EXPECT_NEAR(other[number].value, total[number].value, 4.5 * error) << estimator;
    }
  }
}

// A flow that has learned nothing is the identity: its density is the target's.
TEST(ReverseDivergence, LeavesNoNoiseOnThePathWhereItIsZero) {
  const auto model = Model::create("coupling_flow", kFlow);
  const auto normal = make_target("gaussian_mixture", R"({"features": 2})");
  const auto largest = [&](const char* estimator) {
    const Step step =
        step_of(*model, normal,
                text(R"("objective": "reverse_kl", "batch": 64, "estimator": ")", estimator, "\""));
    double out = 0;
    for (const double each : step.gradient) out = std::max(out, std::abs(each));
    return out;
  };
  EXPECT_LT(largest("path"), 1e-10);
  EXPECT_GT(largest("total"), 1e-3);
}

struct Aim {
  const char* target;
  const char* settings;
  const char* architecture;
  const char* flow;
  const char* training;
  double least_fraction;  // effective sample size over the number of events
};

// Printed by a test that fails.
std::ostream& operator<<(std::ostream& out, const Aim& aim) {
  return out << aim.target << " by " << aim.training;
}

class Integrals : public testing::TestWithParam<Aim> {};

TEST_P(Integrals, AreFoundWithinTheirErrors) {
  const Aim& aim = GetParam();
  const auto target = make_target(aim.target, aim.settings);
  const auto model = Model::create(aim.architecture, aim.flow);
  const TrainingOptions options(with(std::string(R"("learning_rate": 0.005, )") + aim.training));
  const auto trainer = make_trainer(*model, nullptr, options, 2, target);
  trainer->advance(trainer->steps());
  adopt(*model, *trainer);
  constexpr size_t events = 20000;
  std::vector<double> x(2 * events);
  std::vector<double> log_weights(events);
  const ImportanceSums sums = weigh(*model, *target, 1, 0, {}, x, log_weights, 2);
  EXPECT_NEAR(sums.log_z(), *target->log_integral(), 4 * sums.log_z_error());
  EXPECT_LT(sums.log_z_error(), 0.03);
  EXPECT_GT(sums.effective_sample_size(), aim.least_fraction * events);
  EXPECT_GT(sums.acceptance(), 0.005);
  EXPECT_LE(sums.acceptance(), 1);
  const std::string history = trainer->history_json();
  EXPECT_NE(history.find("effective_fraction"), std::string::npos) << history;
}

constexpr char kSpline[] = R"({"features": 2, "layers": 6, "hidden": 32, "bins": 8})";
constexpr char kBox[] =
    R"json({"features": 2, "layers": 6, "hidden": 32, "bins": 8, "tails": "none",
    "base": "uniform", "preprocessing": ["interval(0, 1)", "interval(0, 1)"]
})json";
constexpr char kMixtureSettings[] = R"({"features": 2, "centres": [-1, -0.5, 1, 0.8],
    "widths": [0.5, 0.7], "weights": [1, 2], "log_norm": 1.5})";

INSTANTIATE_TEST_SUITE_P(
    Objectives, Integrals,
    testing::Values(
        Aim{"gaussian_mixture", kMixtureSettings, "coupling_flow", kSpline,
            R"("objective": "reverse_kl", "estimator": "path", "steps": 300, "batch": 512)", 0.9},
        Aim{"gaussian_mixture", kMixtureSettings, "coupling_flow", kSpline,
            R"("objective": "reverse_kl", "estimator": "score", "steps": 400, "batch": 1024)", 0.7},
        Aim{"gaussian_mixture", kMixtureSettings, "composed_flow",
            R"json({"features": 2, "repeat": 4, "base": "mixture", "base_components": 4,
                "layers": ["lu_linear", "coupling(hidden=16)", "permutation"]})json",
            R"("objective": "reverse_kl", "steps": 400, "batch": 1024)", 0.6},
        Aim{"camel", R"({"features": 2})", "coupling_flow", kBox,
            R"("objective": "forward_kl", "steps": 400, "batch": 1024)", 0.8},
        Aim{"camel", R"({"features": 2})", "coupling_flow", kBox,
            R"("objective": "variance", "steps": 400, "batch": 1024)", 0.8},
        Aim{"ring", "{}", "coupling_flow", kSpline,
            R"("objective": "reverse_kl", "steps": 400, "batch": 512)", 0.6}));

std::vector<float> weights_after(int threads, const std::string& fields, int64_t steps,
                                 std::shared_ptr<const Dataset> data = nullptr,
                                 std::shared_ptr<Target> target = mixture(),
                                 std::string* history = nullptr) {
  const auto model = Model::create("coupling_flow", kSpline);
  const auto trainer = make_trainer(*model, std::move(data), TrainingOptions(with(fields)), threads,
                                    std::move(target));
  trainer->advance(steps);
  if (history != nullptr) *history = trainer->history_json();
  const std::vector<double> values = trainer->parameter_values();
  return {values.begin(), values.begin() + model->parameter_table().count()};
}

std::shared_ptr<const Dataset> two_islands() {
  auto data = std::make_shared<Dataset>();
  data->rows = 600;
  data->features = 2;
  data->x.resize(1200);
  fill_normal(Stream{4, 0, 1, 0}, data->x);
  for (size_t row = 0; row < 600; ++row) {
    for (size_t i = 0; i < 2; ++i) {
      data->x[2 * row + i] = 0.4 * data->x[2 * row + i] + (row % 2 == 0 ? 1 : -1);
    }
  }
  return data;
}

struct TrainingRun {
  const char* fields;
  bool events;
  bool target;
};

const TrainingRun kRuns[] = {
    {R"("objective": "reverse_kl", "estimator": "path", "batch": 300)", false, true},
    {R"("objective": "reverse_kl", "estimator": "total", "batch": 100, "accumulate": 3)", false,
     true},
    {R"("objective": "forward_kl", "batch": 300)", false, true},
    {R"("objective": "variance", "batch": 300, "ema": 0.9)", false, true},
    {R"("objective": "symmetric_kl", "batch": 300, "likelihood_share": 0.3)", true, true},
    {R"("objective": "reverse_kl", "batch": 300)", true, true},
    {R"("objective": "classifier", "batch": 300, "classifier_hidden": 16)", true, false},
};

TEST(Objectives, GiveTheSameBitsForAnyNumberOfThreadsAndAfterAStop) {
  const std::string path = testing::TempDir() + "objectives_test.checkpoint";
  for (const TrainingRun& run : kRuns) {
    SCOPED_TRACE(run.fields);
    const auto data = run.events ? two_islands() : nullptr;
    const auto target = [&] { return run.target ? mixture() : nullptr; };
    const std::string fields =
        std::string(R"("steps": 12, "validate_every": 3, "learning_rate": 0.01, )") + run.fields;
    std::string history;
    const auto whole = weights_after(1, fields, 12, data, target(), &history);
    EXPECT_EQ(weights_after(3, fields, 12, data, target()), whole);
    std::filesystem::remove(path);
    const std::string stopped =
        fields + R"(, "checkpoint_every": 7, "checkpoint": ")" + path + "\"";
    weights_after(1, stopped, 7, data, target());
    std::string resumed;
    EXPECT_EQ(weights_after(2, stopped, 12, data, target(), &resumed), whole);
    EXPECT_EQ(resumed, history);
  }
}

TEST(Objectives, LearnFromEventsAndTargetAlike) {
  const auto target = make_target("gaussian_mixture", R"({"features": 2, "centres": [1, 1, -1, -1],
      "widths": [0.4, 0.4]})");
  for (const char* fields : {R"("objective": "symmetric_kl")", R"("objective": "classifier")"}) {
    const auto model = Model::create("coupling_flow", kSpline);
    const bool aims = std::string(fields).find("symmetric") != std::string::npos;
    const TrainingOptions options(
        with(std::string(R"("steps": 600, "batch": 256, "learning_rate": 0.005, )") + fields));
    const auto trainer = make_trainer(*model, two_islands(), options, 2, aims ? target : nullptr);
    trainer->advance(600);
    adopt(*model, *trainer);
    constexpr size_t events = 10000;
    std::vector<double> x(2 * events);
    std::vector<double> log_weights(events);
    const ImportanceSums sums = weigh(*model, *target, 1, 0, {}, x, log_weights, 2);
    // 600 events say less of the density than the density itself.
    EXPECT_GT(sums.effective_sample_size(), (aims ? 0.8 : 0.3) * events) << fields;
  }
}

TEST(Targets, AreCalledOnTheThreadOfTheCaller) {
  const auto target = std::make_shared<WatchedTarget>(mixture());
  std::set<std::thread::id> callers;
  target->then = [&](const TargetRequest&) { callers.insert(std::this_thread::get_id()); };
  weights_after(3, R"("objective": "reverse_kl", "batch": 600, "steps": 5)", 5, nullptr, target);
  EXPECT_EQ(target->calls, 5);
  EXPECT_EQ(callers, std::set{std::this_thread::get_id()});
}

template <typename Function>
std::string message_of(Code code, Function&& function) {
  try {
    function();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

TEST(Targets, ThatFailLeaveATrainerThatGoesOn) {
  const std::string fields = R"("objective": "reverse_kl", "batch": 100, "steps": 9)";
  const auto undisturbed = weights_after(1, fields, 9);
  const auto model = Model::create("coupling_flow", kSpline);
  const auto target = std::make_shared<WatchedTarget>(mixture());
  const auto trainer = make_trainer(*model, nullptr, TrainingOptions(with(fields)), 1, target);
  trainer->advance(4);
  EXPECT_EQ(target->calls, 4);
  const auto fails_with = [&](Code code, std::function<void(const TargetRequest&)> then) {
    target->then = std::move(then);
    const std::string message = message_of(code, [&] { trainer->advance(5); });
    EXPECT_NE(message.find("step 5: "), std::string::npos) << message;
    EXPECT_EQ(trainer->step(), 4);
    target->then = {};
    return message;
  };
  const std::string nan = fails_with(Code::not_finite, [](const TargetRequest& r) {
    r.log_density[7] = std::numeric_limits<double>::quiet_NaN();
  });
  EXPECT_NE(nan.find("log-density at row 7 is nan"), std::string::npos) << nan;
  const std::string slope = fails_with(Code::not_finite, [](const TargetRequest& r) {
    r.gradient[5] = std::numeric_limits<double>::infinity();
  });
  EXPECT_NE(slope.find("column 1 at row 2"), std::string::npos) << slope;
  fails_with(Code::numerical, [](const TargetRequest& r) {
    r.log_density[0] = -std::numeric_limits<double>::infinity();
  });
  const std::string own = fails_with(Code::callback_failed, [](const TargetRequest&) {
    fail(Code::callback_failed, "the lattice is on fire");
  });
  EXPECT_NE(own.find("the lattice is on fire"), std::string::npos);
  EXPECT_EQ(trainer->advance(9), 5);
  const std::vector<double> values = trainer->parameter_values();
  const auto own_weights = values.begin() + model->parameter_table().count();
  EXPECT_EQ(std::vector<float>(values.begin(), own_weights), undisturbed);
}

TEST(Targets, AreRefusedWhereTheyDoNotFit) {
  const auto model = Model::create("coupling_flow", kSpline);
  const auto trains = [&](const char* fields, std::shared_ptr<Target> target,
                          std::shared_ptr<const Dataset> data = nullptr,
                          const char* architecture = "coupling_flow", const char* flow = kSpline) {
    const auto other = Model::create(architecture, flow);
    make_trainer(*other, std::move(data), TrainingOptions(with(fields)), 1, std::move(target));
  };
  const auto refuses = [&](Code code, const char* words, auto&&... arguments) {
    const std::string message = message_of(code, [&] { trains(arguments...); });
    EXPECT_NE(message.find(words), std::string::npos) << message;
  };
  const auto without_gradient = std::make_shared<WatchedTarget>(mixture(), false);
  refuses(Code::invalid_argument, "needs a target", R"("objective": "reverse_kl", "steps": 3)",
          nullptr);
  refuses(Code::invalid_argument, "learns from events alone", R"("steps": 3)", mixture(),
          two_islands());
  refuses(Code::empty_data, "learns from events", R"("objective": "symmetric_kl", "steps": 3)",
          mixture());
  refuses(Code::invalid_argument, "training.steps", R"("objective": "reverse_kl")", mixture());
  refuses(Code::invalid_argument, "the target gives none",
          R"("objective": "reverse_kl", "steps": 3, "estimator": "path")", without_gradient);
  refuses(Code::out_of_range, "batch is 1", R"("objective": "reverse_kl", "steps": 3, "batch": 1)",
          without_gradient);
  refuses(Code::unsupported, "choose between",
          R"("objective": "reverse_kl", "steps": 3, "estimator": "total")", mixture(), nullptr,
          "coupling_flow", R"({"features": 2, "base": "mixture"})");
  refuses(Code::shape_mismatch, "3 features", R"("objective": "reverse_kl", "steps": 3)",
          make_target("camel", R"({"features": 3})"));
  refuses(Code::empty_data, "context", R"("objective": "reverse_kl", "steps": 3)", mixture(),
          nullptr, "coupling_flow", R"({"features": 2, "context_features": 1})");
  const std::string unknown = message_of(Code::not_found, [] { make_target("camle", "{}"); });
  EXPECT_NE(unknown.find("camel"), std::string::npos);
}

// Formulas of the gradients, and integrals by sums over a fine grid.
TEST(Targets, ThatAreBuiltInAreRight) {
  struct BuiltIn {
    const char* name;
    const char* settings;
    double low, high;
  };
  for (const BuiltIn& one : {BuiltIn{"camel", R"({"features": 2, "width": 0.3})", 0, 1},
                             BuiltIn{"gaussian_mixture", kMixtureSettings, -6, 6},
                             BuiltIn{"ring", R"({"radius": 1.5, "width": 0.4})", -5, 5}}) {
    const auto target = make_target(one.name, one.settings);
    constexpr size_t steps = 400;
    const double cell = (one.high - one.low) / steps;
    std::vector<double> x;
    for (size_t i = 0; i < steps * steps; ++i) {
      x.push_back(one.low + cell * (static_cast<double>(i % steps) + 0.5));
      x.push_back(one.low + cell * (static_cast<double>(i / steps) + 0.5));
    }
    std::vector<double> values(steps * steps);
    std::vector<double> gradient(x.size());
    const auto evaluate = [&](std::span<double> slopes) {
      evaluate_target(*target, {.rows = steps * steps,
                                .x = x,
                                .context = {},
                                .log_density = values,
                                .gradient = slopes});
    };
    evaluate(gradient);
    double sum = 0;
    for (const double value : values) sum += std::exp(value) * cell * cell;
    EXPECT_NEAR(std::log(sum), *target->log_integral(), 1e-4) << one.name;
    const double h = 1e-5;
    for (size_t axis = 0; axis < 2; ++axis) {
      const std::vector<double> kept = x;
      for (size_t i = axis; i < x.size(); i += 2) x[i] += h;
      evaluate({});
      const std::vector<double> above = values;
      for (size_t i = axis; i < x.size(); i += 2) x[i] -= 2 * h;
      evaluate({});
      for (size_t row = 0; row < values.size(); row += 97) {
        EXPECT_NEAR(gradient[2 * row + axis], (above[row] - values[row]) / (2 * h), 1e-5)
            << one.name;
      }
      x = kept;
    }
  }
}

}  // namespace
}  // namespace castalia
