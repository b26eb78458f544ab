// Showers as the critic sees them, what the generator keeps to whatever its weights are, and what
// is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/compile/compile.h"
#include "cpp/nn/adversarial.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/workspace.h"
#include "models/fit.h"
#include "models/model.h"

namespace castalia {
namespace {

constexpr size_t kFirst = 8;   // cells of the first layer, 2 x 4
constexpr size_t kCells = 12;  // the second is 2 x 2
constexpr size_t kObservables = 6;
constexpr double kSoftness = 1e-3;
constexpr char kFields[] = R"("heights": [2, 2], "widths": [4, 2], "latent": 8,
    "generator_channels": [4, 6, 3], "critic_channels": [6, 4], "critic_hidden": 24,
    "minibatch_features": 3, "softness": 1e-3, "dtype": "float64")";

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

// Two thirds or so of nine tenths of the energy in the first layer; a third of the cells is empty.
std::shared_ptr<Dataset> showers(int64_t rows) {
  auto data = std::make_shared<Dataset>();
  data->rows = rows;
  data->features = kCells;
  data->context_features = 1;
  for (int64_t row = 0; row < rows; ++row) {
    double u[2 * kCells + 3];
    fill_uniform(Stream{3, static_cast<uint64_t>(row), 1, 0}, u);
    const double incident = 10 + 40 * u[0];
    const double first = 0.6 + 0.2 * u[1];
    const double energy = 0.9 * incident * (1 + 0.05 * u[2]);
    std::vector<double> cells(kCells);
    double sums[2] = {1e-12, 1e-12};
    for (size_t i = 0; i < kCells; ++i) {
      cells[i] = u[3 + i] < 0.3 ? 0 : u[3 + kCells + i];
      sums[i < kFirst ? 0 : 1] += cells[i];
    }
    for (size_t i = 0; i < kCells; ++i) {
      const bool of_first = i < kFirst;
      data->x.push_back(energy * cells[i] * (of_first ? first : 1 - first) /
                        sums[of_first ? 0 : 1]);
    }
    data->context.push_back(incident);
  }
  return data;
}

std::shared_ptr<Model> fitted(const std::string& more = "", int64_t rows = 500) {
  std::shared_ptr<Model> model = Model::create("calogan", std::string("{") + kFields + more + "}");
  const std::shared_ptr<Dataset> data = showers(rows);
  model->fit_preprocessing(data->x, data->context);
  return model;
}

// The weights whose names contain the part become change(old value).
template <typename Change>
void change_weights(Model& model, const std::string& part, Change change) {
  std::vector<double> weights = model.parameter_values();
  int64_t changed = 0;
  for (const Parameter& each : model.parameter_table().parameters()) {
    if (each.name.find(part) == std::string::npos) continue;
    for (int64_t i = 0; i < each.shape.count(); ++i, ++changed) {
      double& weight = weights[static_cast<size_t>(each.offset + i)];
      weight = change(weight);
    }
  }
  ASSERT_GT(changed, 0) << part;
  model.set_parameter_values(weights);
}

std::vector<double> drawn(const Model& model, const std::vector<double>& incident) {
  std::vector<double> out(incident.size() * kCells);
  model.sample(7, 0, incident, out);
  return out;
}

double total(const double* shower) {
  double sum = 0;
  for (size_t i = 0; i < kCells; ++i) sum += shower[i];
  return sum;
}

double coordinate(double share) {
  return std::log1p(share / kSoftness) / std::log1p(1 / kSoftness);
}

// What a contest gives for the first rows of the data.
class Contested {
 public:
  Contested(Model& model, int64_t rows) : rows_(rows), data_(showers(rows)) {
    const Value flat =
        graph_.state("parameters", {DType::float64, {model.parameter_table().count()}});
    trace_.emplace(graph_, model.parameter_table(), flat, DType::float64);
    trace_->seed = graph_.scalar(11, DType::int64);
    trace_->first_event = graph_.scalar(0, DType::int64);
    const Value x = graph_.input("x", {DType::float64, {rows, kCells}});
    const Value context = graph_.input("context", {DType::float64, {rows, 1}});
    contest_ = model.network().adversarial()->contest(*trace_, x, context);
    parameters_ = model.parameters();
  }

  Trace& trace() { return *trace_; }
  Graph& graph() { return graph_; }
  const Adversarial::Contest& contest() const { return contest_; }
  const Dataset& data() const { return *data_; }

  void run() {
    workspace_.emplace(compile(graph_, {.rows_independent = false}));
    workspace_->bind_state("parameters", parameters_);
    std::memcpy(workspace_->input("x"), data_->x.data(), data_->x.size() * sizeof(double));
    std::memcpy(workspace_->input("context"), data_->context.data(),
                data_->context.size() * sizeof(double));
    workspace_->run();
  }
  const double* output(const std::string& name) {
    return static_cast<const double*>(workspace_->output(name));
  }

 private:
  int64_t rows_;
  std::shared_ptr<Dataset> data_;
  Graph graph_;
  std::optional<Trace> trace_;
  Adversarial::Contest contest_;
  void* parameters_ = nullptr;
  std::optional<Workspace> workspace_;
};

TEST(CaloGan, TheCriticSeesCoordinatesAndStandardisedObservables) {
  constexpr int64_t kRows = 400;
  const std::shared_ptr<Model> model = fitted("", kRows);
  Contested contested(*model, kRows);
  contested.graph().output("real", contested.contest().games[0].real);
  contested.run();
  const double* seen = contested.output("real");
  const Dataset& data = contested.data();
  // Of each row: energies and occupancies of both layers, the response, by plain loops.
  std::vector<std::vector<double>> expected(5);
  for (size_t row = 0; row < kRows; ++row) {
    double sums[2] = {0, 0};
    double occupancies[2] = {0, 0};
    for (size_t i = 0; i < kCells; ++i) {
      const double share = data.x[row * kCells + i] / data.context[row];
      EXPECT_NEAR(seen[row * (kCells + kObservables) + i], coordinate(share), 1e-14);
      sums[i < kFirst ? 0 : 1] += share;
      occupancies[i < kFirst ? 0 : 1] += share / (share + kSoftness);
    }
    expected[0].push_back(coordinate(sums[0]));
    expected[1].push_back(coordinate(sums[1]));
    expected[2].push_back(occupancies[0] / kFirst);
    expected[3].push_back(occupancies[1] / (kCells - kFirst));
    expected[4].push_back(sums[0] + sums[1]);
  }
  for (size_t which = 0; which < 5; ++which) {
    double mean = 0;
    double square = 0;
    for (const double value : expected[which]) mean += value / kRows;
    for (const double value : expected[which]) square += (value - mean) * (value - mean) / kRows;
    for (size_t row = 0; row < kRows; ++row) {
      const double* observables = seen + row * (kCells + kObservables) + kCells;
      const double standardised = (expected[which][row] - mean) / std::sqrt(square);
      EXPECT_NEAR(observables[which], standardised, 1e-9) << which;
      if (which == 4) {
        EXPECT_EQ(observables[5], std::abs(observables[4]));
      }
    }
  }
}

TEST(CaloGan, TheGeneratorIsToldHowFarTheEnergyIsOff) {
  constexpr size_t kRows = 50;
  for (const std::string total_energy : {"cells", "response"}) {
    const std::shared_ptr<Model> model =
        fitted(R"(, "energy_weight": 3, "total": ")" + total_energy + "\"", kRows);
    Contested contested(*model, kRows);
    EXPECT_FALSE(contested.contest().further.of_critic);
    contested.graph().output("term", contested.contest().further.of_generator);
    contested.graph().output("made", contested.contest().games[0].made);
    contested.run();
    const Dataset& data = contested.data();
    double mean_response = 0;
    for (size_t row = 0; row < kRows; ++row) {
      mean_response += total(&data.x[row * kCells]) / data.context[row] / kRows;
    }
    for (size_t row = 0; row < kRows; ++row) {
      double response = 0;
      for (size_t i = 0; i < kCells; ++i) {
        const double y = contested.output("made")[row * (kCells + kObservables) + i];
        response += kSoftness * std::expm1(y * std::log1p(1 / kSoftness));
      }
      const double expected = 3 * std::abs(response / mean_response - 1);
      EXPECT_NEAR(contested.output("term")[row], expected, 1e-11 * (1 + expected));
    }
  }
  EXPECT_FALSE(Contested(*fitted(R"(, "energy_weight": 0)"), 4).contest().further.of_generator);
}

TEST(CaloGan, CellsScaleWithTheIncidentEnergy) {
  const std::shared_ptr<Model> model = fitted();
  change_weights(*model, "generator.energy", [](double) { return 0.0; });
  std::vector<double> incident = showers(300)->context;
  const std::vector<double> single = drawn(*model, incident);
  for (double& energy : incident) energy *= 2;
  const std::vector<double> twice = drawn(*model, incident);
  for (size_t i = 0; i < single.size(); ++i) EXPECT_NEAR(twice[i], 2 * single[i], 1e-13 * twice[i]);
}

TEST(CaloGan, CellsAreEmptyOrAboveTheThresholdAndAddUpToTheResponse) {
  constexpr double kThreshold = 1.5;
  const std::vector<double> incident = showers(500)->context;
  for (const bool response : {false, true}) {
    const std::shared_ptr<Model> model =
        fitted(text(R"(, "threshold": )", kThreshold, R"(, "total": ")",
                    response ? "response" : "cells", "\""));
    const std::vector<double> before = drawn(*model, incident);
    size_t empty = 0;
    for (const double cell : before) {
      EXPECT_TRUE(cell == 0 || cell >= kThreshold) << cell;
      empty += cell == 0 ? 1 : 0;
    }
    EXPECT_GT(empty, before.size() / 10);
    EXPECT_LT(empty, before.size() * 9 / 10);
    if (!response) continue;
    // Whatever the streams are, the sum is what the response says.
    change_weights(*model, "generator.layer_0", [](double weight) { return 0.7 * weight + 0.05; });
    const std::vector<double> after = drawn(*model, incident);
    EXPECT_NE(after, before);
    size_t compared = 0;
    for (size_t row = 0; row < incident.size(); ++row) {
      const double expected = total(&before[row * kCells]);
      const double found = total(&after[row * kCells]);
      if (expected == 0 || found == 0) continue;  // no cell above 0 to scale
      EXPECT_NEAR(found, expected, 1e-12 * expected);
      EXPECT_LT(found, 1.2 * incident[row]);
      ++compared;
    }
    EXPECT_GT(compared, incident.size() / 2);
  }
}

TEST(CaloGan, AttentionBlendsInTheLayerBefore) {
  const std::shared_ptr<Model> model = fitted(R"(, "total": "cells")");
  // All cells of the first layer are open, and the second is all attention.
  change_weights(*model, "generator.layer_0.local_1.bias", [](double) { return 0.5; });
  change_weights(*model, "generator.layer_0.local_1.weight", [](double w) { return 0.02 * w; });
  change_weights(*model, "generator.layer_1.attention.weight", [](double) { return 0.0; });
  change_weights(*model, "generator.layer_1.attention.bias", [](double) { return -60.0; });
  const std::vector<double> incident = showers(50)->context;
  const std::vector<double> cells = drawn(*model, incident);
  for (size_t row = 0; row < incident.size(); ++row) {
    std::vector<double> y;
    for (size_t i = 0; i < kCells; ++i) {
      y.push_back(coordinate(cells[row * kCells + i] / incident[row]));
    }
    for (size_t i = 0; i < kCells - kFirst; ++i) {
      EXPECT_GT(y[2 * i], 0);
      EXPECT_NEAR(y[kFirst + i], (y[2 * i] + y[2 * i + 1]) / 2, 1e-9);
    }
  }
}

TEST(CaloGan, TheWeightsOfAttentionLearnInEveryCell) {
  const std::shared_ptr<Model> model = fitted();
  Contested contested(*model, 200);
  const Game& game = contested.contest().games[0];
  const std::string name = "generator.layer_1.attention.weight";
  Value weight;
  for (const Parameter& each : model->parameter_table().parameters()) {
    if (each.name == name) weight = contested.trace().parameter(name, each.shape, each.initializer);
  }
  ASSERT_TRUE(weight);
  const Value slope = gradient(sum(game.critic(game.made)), {&weight, 1})[0];
  contested.graph().output("slope", slope);
  contested.run();
  const int64_t cells = slope.columns();  // one channel of the result
  ASSERT_EQ(cells, static_cast<int64_t>(kCells - kFirst));
  const int64_t each = slope.shape().count() / cells;
  for (int64_t cell = 0; cell < cells; ++cell) {
    double largest = 0;
    for (int64_t i = 0; i < each; ++i) {
      largest = std::max(largest, std::abs(contested.output("slope")[cell * each + i]));
    }
    EXPECT_GT(largest, 0) << cell;
  }
}

TEST(CaloGan, AShowerWithoutAnyCellHasSlopesToo) {
  const std::shared_ptr<Model> model = fitted();
  change_weights(*model, "generator.layer_0.local_1.bias", [](double) { return -50.0; });
  change_weights(*model, "generator.layer_1.attention.bias", [](double) { return -60.0; });
  Contested contested(*model, 20);
  std::vector<Value> parameters;
  for (const Parameter& each : model->parameter_table().parameters()) {
    if (!each.name.starts_with("generator.")) continue;
    parameters.push_back(contested.trace().parameter(each.name, each.shape, each.initializer));
  }
  const Game& game = contested.contest().games[0];
  const std::vector<Value> slopes = gradient(
      sum(game.critic(game.made)) + sum(contested.contest().further.of_generator), parameters);
  for (size_t i = 0; i < slopes.size(); ++i) contested.graph().output(text(i), slopes[i]);
  contested.graph().output("made", game.made);
  contested.run();
  for (size_t i = 0; i < kCells; ++i) EXPECT_EQ(contested.output("made")[i], 0) << i;
  for (size_t i = 0; i < slopes.size(); ++i) {
    for (int64_t j = 0; j < slopes[i].shape().count(); ++j) {
      EXPECT_TRUE(std::isfinite(contested.output(text(i))[j])) << i << ", " << j;
    }
  }
}

TEST(CaloGan, LearnsHowLayersShareTheEnergy) {
  constexpr int64_t kSteps = 400;
  const std::shared_ptr<Dataset> data = showers(2000);
  const std::shared_ptr<Model> model = Model::create("calogan", std::string("{") + kFields + "}");
  const std::unique_ptr<Trainer> trainer = make_trainer(
      *model, data,
      TrainingOptions(text(R"({"batch": 64, "learning_rate": 1e-3, "beta1": 0.5, "steps": )",
                           kSteps, R"(, "adversarial_loss": "wasserstein", "critic_steps": 2,
                           "regularisers": ["gradient_penalty"]})")),
      1);
  trainer->advance(kSteps);
  adopt(*model, *trainer);
  const std::vector<double> found = drawn(*model, data->context);
  const auto figures = [&](const std::vector<double>& x) {
    double first = 0;
    double response = 0;
    for (size_t row = 0; row < data->context.size(); ++row) {
      const double* shower = &x[row * kCells];
      const double sum = total(shower);
      for (size_t i = 0; i < kFirst; ++i) first += shower[i] / sum;
      response += sum / data->context[row];
    }
    const auto rows = static_cast<double>(data->context.size());
    return std::pair(first / rows, response / rows);
  };
  const auto [share, response] = figures(found);
  const auto [true_share, true_response] = figures(data->x);
  EXPECT_NEAR(share, true_share, 0.05);
  EXPECT_NEAR(response, true_response, 0.01);
}

TEST(CaloGan, RefusesWhatIsNoShower) {
  const auto fit = [](auto&& change) {
    const std::shared_ptr<Dataset> data = showers(200);
    change(*data);
    const std::shared_ptr<Model> model = Model::create("calogan", std::string("{") + kFields + "}");
    make_trainer(*model, data, TrainingOptions(R"({"batch": 64, "steps": 2})"), 1);
  };
  expect_error(Code::out_of_range, "x row 3, column 2: the value is -1",
               [&] { fit([](Dataset& d) { d.x[3 * kCells + 2] = -1; }); });
  expect_error(Code::out_of_range, "context row 4, column 0: the value is 0",
               [&] { fit([](Dataset& d) { d.context[4] = 0; }); });
  expect_error(Code::not_finite, "x row 0, column 1",
               [&] { fit([](Dataset& d) { d.x[1] = std::numeric_limits<double>::quiet_NaN(); }); });
  expect_error(Code::shape_mismatch, "11 features, the model 12", [&] {
    fit([](Dataset& d) {
      d.features = 11;
      d.x.resize(200 * 11);
    });
  });
  const auto create = [](const std::string& fields) { Model::create("calogan", fields); };
  expect_error(Code::invalid_argument, "calogan.heights is required", [&] { create("{}"); });
  expect_error(Code::invalid_argument, "have 2 and 1 entries",
               [&] { create(R"({"heights": [2, 3], "widths": [4]})"); });
  expect_error(Code::invalid_argument, "have 0 and 0 entries",
               [&] { create(R"({"heights": [], "widths": []})"); });
  expect_error(Code::invalid_argument, "generator_channels has 1 entries",
               [&] { create(R"({"heights": [2], "widths": [4], "generator_channels": [3]})"); });
  const std::shared_ptr<Model> model = fitted();
  std::vector<double> out(kCells);
  const double negative = -5;
  expect_error(Code::out_of_range, "incident energies are above 0", [&] {
    model->sample(1, 0, {&negative, 1}, out);
  });
  const double energy = 20;
  double density = 0;
  expect_error(Code::unsupported, "calogan has no log_prob", [&] {
    model->log_prob(out, {&energy, 1}, {&density, 1});
  });
}

}  // namespace
}  // namespace castalia
