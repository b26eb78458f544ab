// Generators against critics, on toys: losses and regularisers against formulas and differences,
// and the training of both sides.
#include "cpp/train/adversarial.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/compile/compile.h"
#include "cpp/nn/batch_norm.h"
#include "cpp/nn/linear.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/density.h"
#include "cpp/runtime/workspace.h"
#include "cpp/train/toy_for_test.h"

namespace castalia {
namespace {

constexpr DType kDouble = DType::float64;

// Two features: an affine map of normal numbers against a critic with one hidden layer, or none.
template <int64_t hidden_layers>
class Duel : public ToyNetwork, public Adversarial {
 public:
  explicit Duel(DType dtype) : ToyNetwork(dtype), dtype_(dtype) {}

  int64_t features() const override { return 2; }
  bool can(Capability capability) const override { return capability == Capability::sample; }
  Adversarial* adversarial() override { return this; }

  void declare(Trace& trace) override {
    generate(trace, trace.graph().input("z", {dtype_, {1, 2}}));
    criticise(trace, trace.graph().input("x", {dtype_, {1, 2}}));
  }
  Value sample(Trace& trace, int64_t rows, Value) override {
    return cast(generate(trace, normal_sample(trace, rows, 2, kBaseStage)), kDouble);
  }
  Contest contest(Trace& trace, Value x, Value) override {
    Game game;
    game.real = cast(x, dtype_);
    game.made = generate(trace, normal_sample(trace, x.rows(), 2, kBaseStage));
    game.critic = [this, &trace](Value events) { return criticise(trace, events); };
    return {.games = {game}, .further = {}};
  }

 private:
  Value generate(Trace& trace, Value z) const {
    const Trace::Part part(trace, "generator");
    return linear(trace, "map", latent(trace, z), 2);
  }
  virtual Value latent(Trace&, Value z) const { return z; }
  Value criticise(Trace& trace, Value events) const {
    const Trace::Part part(trace, kCritic);
    return mlp(trace, events,
               {.hidden = 12, .hidden_layers = hidden_layers, .outputs = 1, .activation = "silu"});
  }
  DType dtype_;
};
using SmoothDuel = Duel<1>;
using LinearDuel = Duel<0>;

// Its generator normalises numbers around 3, and its critic says that it does so, too.
class NormalisingDuel : public SmoothDuel {
 public:
  using SmoothDuel::SmoothDuel;
  bool normalises_by_batch() const override { return true; }

 private:
  Value latent(Trace& trace, Value z) const override { return batch_norm(trace, "norm", z + 3.0); }
};

// A cloud around (2, -1) with deviations 0.5 and 1.5.
std::shared_ptr<const Dataset> cloud(int64_t rows) {
  auto data = std::make_shared<Dataset>();
  data->rows = rows;
  data->features = 2;
  data->x.resize(static_cast<size_t>(2 * rows));
  fill_normal(Stream{11, 0, 5, 0}, data->x);
  for (size_t i = 0; i < data->x.size(); i += 2) {
    data->x[i] = 2 + 0.5 * data->x[i];
    data->x[i + 1] = -1 + 1.5 * data->x[i + 1];
  }
  return data;
}

template <typename Toy>
ParameterTable declared(Toy& toy, DType dtype) {
  ParameterTable table;
  Graph graph;
  Trace trace(graph, table, {}, dtype);
  toy.declare(trace);
  table.close();
  return table;
}

// The loss of a side, summed over the rows, and its gradient with respect to all parameters.
template <typename Toy>
struct Evaluated {
  Evaluated(const std::string& fields, Side side)
      : toy(kDouble), table(declared(toy, kDouble)), weights(initial_values(table, 3)) {
    constexpr int64_t kRows = 8;
    const TrainingOptions options(fields);
    Graph graph;
    const Value flat = graph.state("parameters", {kDouble, {table.count()}});
    Trace trace(graph, table, flat, kDouble);
    trace.seed = graph.scalar(5, DType::int64);
    trace.first_event = graph.scalar(0, DType::int64);
    const std::shared_ptr<const Dataset> data = cloud(kRows);
    const Value x = graph.constant({kRows, 2}, kDouble, data->x);
    const Adversarial::Contest contest = toy.contest(trace, x, {});
    const SideLoss found = side == Side::critic ? critic_side(trace, contest, options)
                                                : generator_side(contest, options);
    const Value loss = sum(found.loss, {0, 1}, false);
    graph.output("loss", loss);
    graph.output("penalty", found.penalty ? sum(found.penalty, {0, 1}, false) : loss);
    graph.output("gradient", gradient(loss, {&flat, 1})[0]);
    workspace = std::make_unique<Workspace>(compile(graph, {.rows_independent = false}));
    buffer = AlignedBuffer(padded_bytes(weights.size() * sizeof(double)));
    workspace->bind_state("parameters", buffer.data());
  }

  double run(const char* output = "loss") {
    std::memcpy(buffer.data(), weights.data(), weights.size() * sizeof(double));
    workspace->run();
    return *static_cast<const double*>(workspace->output(output));
  }
  std::vector<double> gradient_now() {
    run();
    const auto* values = static_cast<const double*>(workspace->output("gradient"));
    return {values, values + weights.size()};
  }

  Toy toy;
  ParameterTable table;
  std::vector<double> weights;
  AlignedBuffer buffer;
  std::unique_ptr<Workspace> workspace;
};

// A side's gradient with respect to its own parameters is that of its loss.
void expect_gradient(const std::string& fields, Side side) {
  SCOPED_TRACE(fields);
  Evaluated<SmoothDuel> evaluated(fields, side);
  const auto split = static_cast<size_t>(critic_begin(evaluated.table));
  const std::vector<double> found = evaluated.gradient_now();
  const size_t first = side == Side::critic ? split : 0;
  const size_t last = side == Side::critic ? found.size() : split;
  for (size_t i = first; i < last; ++i) {
    constexpr double kStep = 1e-5;
    const double at = evaluated.weights[i];
    evaluated.weights[i] = at + kStep;
    const double above = evaluated.run();
    evaluated.weights[i] = at - kStep;
    const double below = evaluated.run();
    evaluated.weights[i] = at;
    const double expected = (above - below) / (2 * kStep);
    EXPECT_NEAR(found[i], expected, 1e-6 * std::max(1.0, std::abs(expected))) << "parameter " << i;
  }
}

TEST(Adversarial, EveryLossDifferentiates) {
  for (const std::string& loss : adversarial_loss_names()) {
    const std::string fields = text(R"({"adversarial_loss": ")", loss, "\"}");
    expect_gradient(fields, Side::generator);
    expect_gradient(fields, Side::critic);
  }
}

TEST(Adversarial, EveryRegulariserDifferentiates) {
  for (const std::string& regulariser : regulariser_names()) {
    expect_gradient(text(R"({"regularisers": [")", regulariser, "\"]}"), Side::critic);
  }
  expect_gradient(R"({"adversarial_loss": "wasserstein", "regulariser_weights": [3, 0.5],
                      "regularisers": ["gradient_penalty", "drift"]})",
                  Side::critic);
}

// The slope of a linear critic is its weight, everywhere.
TEST(Adversarial, PenaltiesOfALinearCriticAreFormulas) {
  const auto per_row = [](const char* regulariser, double size) {
    Evaluated<LinearDuel> evaluated(
        text(R"({"adversarial_loss": "wasserstein", "regularisers": [")", regulariser,
             R"("], "regulariser_weights": [1]})"),
        Side::critic);
    const auto split = static_cast<size_t>(critic_begin(evaluated.table));
    evaluated.weights[split] = 0.6 * size;  // critic.linear_0.weight comes before its bias
    evaluated.weights[split + 1] = -0.8 * size;
    return evaluated.run("penalty") / 8;
  };
  EXPECT_NEAR(per_row("gradient_penalty", 3), 4, 1e-9);
  EXPECT_NEAR(per_row("gradient_penalty", 0.5), 0.25, 1e-9);
  EXPECT_NEAR(per_row("one_sided_penalty", 3), 4, 1e-9);
  EXPECT_NEAR(per_row("one_sided_penalty", 0.5), 0, 1e-9);
  EXPECT_NEAR(per_row("r1", 3), 4.5, 1e-9);
  EXPECT_NEAR(per_row("r2", 3), 4.5, 1e-9);
}

template <typename Toy = SmoothDuel>
std::unique_ptr<Trainer> duel(DType dtype, const std::string& fields,
                              decltype(Judge::distance) distance = nullptr, int64_t rows = 4000,
                              int threads = 1) {
  auto network = std::make_unique<Toy>(dtype);
  const ParameterTable table = declared(*network, dtype);
  const std::vector<double> initial = initial_values(table, 7);
  const std::vector<float> rounded(initial.begin(), initial.end());
  const void* first = dtype == kDouble ? static_cast<const void*>(initial.data())
                                       : static_cast<const void*>(rounded.data());
  return std::make_unique<Trainer>(std::move(network), table, dtype, first, cloud(rows),
                                   TrainingOptions(fields), threads, nullptr,
                                   Judge{std::move(distance)});
}

// The distance of the means and of the deviations.
double moments_apart(const Dataset& generated, const Dataset& reference, ThreadPool&) {
  double distance = 0;
  for (size_t column = 0; column < 2; ++column) {
    double moments[2][2] = {};
    const Dataset* const both[] = {&generated, &reference};
    for (size_t k = 0; k < 2; ++k) {
      for (size_t i = column; i < both[k]->x.size(); i += 2) {
        moments[k][0] += both[k]->x[i] / static_cast<double>(both[k]->rows);
        moments[k][1] += both[k]->x[i] * both[k]->x[i] / static_cast<double>(both[k]->rows);
      }
    }
    distance += std::abs(moments[0][0] - moments[1][0]) + std::abs(moments[0][1] - moments[1][1]);
  }
  return distance;
}

TEST(Adversarial, EveryLossFindsTheCloud) {
  const std::pair<const char*, const char*> recipes[] = {
      {"non_saturating", R"("regularisers": ["r1"], "regulariser_weights": [1])"},
      {"minimax", R"("regularisers": ["jensen_shannon"])"},
      {"least_squares", R"("regularisers": ["r1"], "regulariser_weights": [0.5])"},
      {"hinge", R"("regularisers": ["r1"], "regulariser_weights": [0.5], "critic_steps": 2)"},
      {"wasserstein", R"("regularisers": ["one_sided_penalty", "drift"], "critic_steps": 3)"},
      {"wasserstein", R"("critic_clip": 0.3, "critic_steps": 3)"},
  };
  for (const auto& [loss, more] : recipes) {
    SCOPED_TRACE(text(loss, ", ", more));
    const auto trainer =
        duel(DType::float32,
             text(R"({"steps": 2500, "batch": 128, "optimiser": "adam", "beta1": 0, "beta2": 0.9,
                 "learning_rate": 0.01, "validate_every": 250, "ema": 0.98, "adversarial_loss": ")",
                  loss, "\", ", more, "}"),
             moments_apart);
    trainer->advance(2500);
    // It is near 20 at first; critics in a narrow range of weights stay a little off.
    EXPECT_LT(trainer->validation_loss(), 1.5) << trainer->history_json();
    EXPECT_TRUE(trainer->stopped().empty()) << trainer->stopped();
  }
}

TEST(Adversarial, GoesOnFromACheckpointWithTheSameBits) {
  const std::string path = testing::TempDir() + "adversarial_test.checkpoint";
  for (const char* fields :
       {R"("critic_steps": 2, "accumulate": 2, "batch": 16, "ema": 0.9, "optimiser": "adam",
           "regularisers": ["gradient_penalty"], "adversarial_loss": "wasserstein")",
        R"("batch": 32, "regularisers": ["consistency"], "critic_rate": 2,
           "group_patterns": ["critic.*"], "group_rates": [0.5])"}) {
    SCOPED_TRACE(fields);
    const std::string all = text(R"({"steps": 30, "validate_every": 7, )", fields);
    std::filesystem::remove(path);
    const auto whole = duel(DType::float32, all + "}", moments_apart);
    whole->advance(100);
    const std::string checkpoint =
        text(R"(, "checkpoint_every": 11, "checkpoint": ")", path, "\"}");
    duel(DType::float32, all + checkpoint, moments_apart)->advance(11);
    const auto resumed = duel(DType::float32, all + checkpoint, moments_apart, 4000, 2);
    EXPECT_EQ(resumed->step(), 11);
    resumed->advance(100);
    EXPECT_EQ(resumed->parameter_values(), whole->parameter_values());
    EXPECT_EQ(resumed->history_json(), whole->history_json());
  }
  std::filesystem::remove(path);
}

// norm.scale, norm.bias, then the running mean: the generator's statistics, whatever the critic's
// steps see.
TEST(Adversarial, AStepMovesTheGeneratorsStatisticsOnce) {
  const auto trainer = duel<NormalisingDuel>(
      kDouble, R"({"steps": 2, "batch": 512, "critic_steps": 4, "validation": 0})");
  for (const double expected : {0.3, 0.57}) {
    trainer->advance(1);
    const std::vector<double> weights = trainer->parameter_values();
    for (const size_t i : {4, 5}) EXPECT_NEAR(weights[i], expected, 0.02) << i;
  }
  try {
    duel<NormalisingDuel>(kDouble, R"({"regularisers": ["drift", "r1"]})");
    ADD_FAILURE() << "a slope is taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::invalid_argument);
    EXPECT_NE(std::string(error.what()).find("'r1'"), std::string::npos) << error.what();
  }
}

TEST(Adversarial, ClipsTheCriticAlone) {
  const auto trainer = duel(DType::float64, R"({"steps": 20, "batch": 32, "learning_rate": 0.05,
      "adversarial_loss": "wasserstein", "critic_clip": 0.02, "validation": 0})");
  trainer->advance(20);
  const std::vector<double> weights = trainer->parameter_values();
  constexpr size_t kGenerator = 6;
  const auto largest = [](auto first, auto last) {
    double most = 0;
    for (; first != last; ++first) most = std::max(most, std::abs(*first));
    return most;
  };
  EXPECT_LE(largest(weights.begin() + kGenerator, weights.end()), 0.02);
  EXPECT_GT(largest(weights.begin(), weights.begin() + kGenerator), 0.1);
}

TEST(Adversarial, KeepsTheWeightsThatTheJudgeLikesBest) {
  int calls = 0;
  const auto judge = [&calls](const Dataset&, const Dataset&, ThreadPool&) {
    return ++calls == 3 ? 0.5 : 1.0;
  };
  const char* const fields = R"({"steps": 60, "batch": 64, "validate_every": 10})";
  const auto to_the_end = duel(DType::float64, fields, judge);
  to_the_end->advance(100);
  EXPECT_EQ(calls, 6);
  calls = 0;
  const auto half = duel(DType::float64, fields, judge);
  half->advance(30);
  EXPECT_EQ(to_the_end->parameter_values(), half->parameter_values());
}

TEST(Adversarial, StopsWithAWordWhereTheCriticSaturates) {
  // A generator that does not learn against a critic that does.
  auto far = std::make_shared<Dataset>(*cloud(1280));
  for (double& value : far->x) value += 50;
  auto network = std::make_unique<SmoothDuel>(DType::float32);
  const ParameterTable table = declared(*network, DType::float32);
  const std::vector<double> initial = initial_values(table, 7);
  const std::vector<float> rounded(initial.begin(), initial.end());
  Trainer apart(std::move(network), table, DType::float32, rounded.data(), far,
                TrainingOptions(R"({"steps": 3000, "batch": 64, "learning_rate": 0.05,
                    "validate_every": 20, "group_patterns": ["generator.*"], "group_rates": [0],
                    "schedule": "constant"})"),
                1);
  apart.advance(3000);
  EXPECT_LT(apart.step(), 3000);
  EXPECT_NE(apart.stopped().find("saturates"), std::string::npos) << apart.stopped();
  EXPECT_NE(apart.history_json().find("saturates"), std::string::npos);
}

TEST(Adversarial, RefusesWhatDoesNotGoTogether) {
  const auto message = [](const std::string& fields, Code code, bool adversarial = true) {
    try {
      if (adversarial) {
        duel(DType::float32, fields);
      } else {
        toy_trainer(DType::float32, fields);
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << fields;
      return std::string(error.what());
    }
    ADD_FAILURE() << fields;
    return std::string();
  };
  EXPECT_NE(message(R"({"optimiser": "lbfgs"})", Code::invalid_argument).find("lbfgs"),
            std::string::npos);
  message(R"({"objective": "classifier"})", Code::unsupported);
  message(R"({"regularisers": ["r3"]})", Code::out_of_range);
  message(R"({"regularisers": ["r1"], "regulariser_weights": [1, 2]})", Code::invalid_argument);
  message(R"({"batch": 3000, "critic_steps": 2})", Code::empty_data);
  for (const char* field :
       {R"("critic_steps": 2)", R"("adversarial_loss": "hinge")", R"("regularisers": ["r1"])",
        R"("critic_clip": 1)", R"("judge": "mmd")", R"("judge_events": 10)"}) {
    const std::string fields = text(R"({"batch": 32, "steps": 1, )", field, "}");
    EXPECT_NE(message(fields, Code::invalid_argument, false).find("no critic"), std::string::npos);
  }
}

}  // namespace
}  // namespace castalia
