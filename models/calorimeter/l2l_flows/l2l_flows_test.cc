// L2LFlows: a density that is one, flows that see what they should, and what is refused.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <eigen3/Eigen/LU>
#include <memory>
#include <numbers>
#include <string>
#include <vector>

#include "cpp/autodiff/gradient.h"
#include "cpp/compile/compile.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/workspace.h"
#include "models/calorimeter/l2l_flows/causal_flows.h"
#include "models/calorimeter/showers_for_test.h"

namespace castalia {
namespace {

constexpr int64_t kRows = 6;
const std::vector<int64_t> kLayers = {4, 4, 4};  // 2x2 cells each
constexpr int64_t kCells = 12;
constexpr int64_t kPrevious = 1;
constexpr int64_t kCondition = 2;

CausalFlows causal_flows(const std::string& kind) {
  const TransformerKind& spline = find_transformer("rational_quadratic_spline");
  const Transformer transformer = spline.make(FieldValues("test", spline.fields, "{}"),
                                              {.tails = "none", .lower = -1, .upper = 1});
  const auto flow = [&](int64_t cells) -> CausalFlows::CellFlow {
    if (kind == "coupling") {
      return CouplingLayers({.features = cells,
                             .layers = 2,
                             .permutation = "reverse",
                             .conditioner = {.network = {.hidden = 8}}},
                            transformer);
    }
    return AutoregressiveLayers({.features = cells, .layers = 2, .network = {.hidden = 8}},
                                transformer);
  };
  return {{.cells = kLayers,
           .previous = kPrevious,
           .embedding = {.hidden = 6, .hidden_layers = 1, .outputs = 3}},
          flow};
}

class CausalFlow : public testing::TestWithParam<std::string> {};

// So the density of the coordinates integrates to one, whatever the weights are.
TEST_P(CausalFlow, IsABijectionThatSeesTheLayersBefore) {
  const CausalFlows flows = causal_flows(GetParam());
  ParameterTable table;
  const auto trace_all = [&](Graph& graph, Value flat) {
    Trace trace(graph, table, flat, DType::float64);
    const Value y = graph.input("y", {DType::float64, {kRows, kCells}});
    const Value condition = graph.input("condition", {DType::float64, {kRows, kCondition}});
    const Mapped there = flows.forward(trace, y, condition);
    if (!flat) return;
    const Mapped back = flows.backward(trace, there.value, condition);
    graph.output("back", back.value);
    graph.output("there", there.log_abs_det);
    graph.output("again", back.log_abs_det);
    for (int64_t j = 0; j < kCells; ++j) {
      graph.output(text("row ", j),
                   gradient(slice(there.value, 1, j, j + 1), std::vector<Value>{y})[0]);
    }
  };
  Graph declaring;
  trace_all(declaring, {});
  table.close();
  Graph graph;
  trace_all(graph, graph.state("parameters", {DType::float64, {table.count()}}));
  Workspace workspace(compile(graph));
  std::vector<double> weights = initial_values(table, 1);
  std::vector<double> noise(weights.size());
  fill_normal(Stream{4, 0, 1, 0}, noise);
  for (size_t i = 0; i < weights.size(); ++i) weights[i] += 0.1 * noise[i];
  workspace.bind_state("parameters", weights.data());
  std::vector<double> y(kRows * kCells);
  fill_uniform(Stream{5, 0, 1, 0}, y);
  for (double& each : y) each = 1.9 * each - 0.95;
  std::memcpy(workspace.input("y"), y.data(), y.size() * sizeof(double));
  std::vector<double> condition(kRows * kCondition);
  fill_normal(Stream{6, 0, 1, 0}, condition);
  std::memcpy(workspace.input("condition"), condition.data(), condition.size() * sizeof(double));
  workspace.run();
  const auto values = [&](const std::string& name) {
    return static_cast<const double*>(workspace.output(name));
  };
  for (size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(values("back")[i], y[i], 1e-10) << i;
  for (int64_t row = 0; row < kRows; ++row) {
    Eigen::MatrixXd jacobian(kCells, kCells);
    for (int64_t j = 0; j < kCells; ++j) {
      for (int64_t i = 0; i < kCells; ++i) {
        jacobian(j, i) = values(text("row ", j))[row * kCells + i];
        const int64_t behind = j / 4 - i / 4;  // layers
        if (behind < 0 || behind > kPrevious) {
          EXPECT_EQ(jacobian(j, i), 0) << j << ", " << i;
        }
      }
      if (j / 4 > 0) {
        EXPECT_NE(jacobian(j, 4 * (j / 4 - 1)), 0) << j;
      }
    }
    EXPECT_NEAR(values("there")[row], std::log(std::abs(jacobian.determinant())), 1e-9);
    EXPECT_NEAR(values("again")[row], -values("there")[row], 1e-9);
  }
}

INSTANTIATE_TEST_SUITE_P(Flows, CausalFlow, testing::Values("autoregressive", "coupling"),
                         [](const auto& info) { return info.param; });

// ---- The density of a model that has learned nothing: that of its coordinates, in plain loops

constexpr double kNoise = 0.01;
constexpr double kAlpha = 1e-6;

double logit(double p) { return std::log(p / (1 - p)); }

std::vector<double> energy_coordinates(const std::vector<double>& smeared, double incident,
                                       double ceiling) {
  const double all = smeared[0] + smeared[1];
  return {logit(all / (ceiling * incident)), logit(smeared[0] / all)};
}

// Of the coordinates in the data where noise stands at its middle, by column.
struct Moments {
  double mean[2] = {0, 0};
  double deviation[2] = {0, 0};
};

Moments moments(const Dataset& data, double ceiling) {
  Moments out;
  std::vector<std::vector<double>> all;
  const std::vector<double> energies = layer_energies(data.x);
  for (size_t row = 0; row < data.context.size(); ++row) {
    all.push_back(
        energy_coordinates({energies[2 * row] + kNoise / 2, energies[2 * row + 1] + kNoise / 2},
                           data.context[row], ceiling));
  }
  const auto count = static_cast<double>(all.size());
  for (size_t i = 0; i < 2; ++i) {
    for (const auto& each : all) out.mean[i] += each[i] / count;
    for (const auto& each : all) {
      out.deviation[i] += (each[i] - out.mean[i]) * (each[i] - out.mean[i]) / count;
    }
    out.deviation[i] = std::sqrt(out.deviation[i]);
  }
  return out;
}

double response_ceiling(const Dataset& data) {
  std::vector<double> response;
  for (size_t row = 0; row < data.context.size(); ++row) {
    double sum = 0;
    for (size_t i = 0; i < kTestCells; ++i) {
      sum += data.x[row * kTestCells + i] / data.context[row];
    }
    response.push_back(sum);
  }
  std::sort(response.begin(), response.end());
  return 2 * response.back() - response[response.size() / 2];
}

TEST(L2LFlows, BeforeTrainingHasTheDensityOfItsCoordinates) {
  const std::shared_ptr<Model> model = shower_model("l2l_flows", R"(, "dtype": "float64")");
  const std::shared_ptr<Dataset> data = test_showers(500);
  model->fit_preprocessing(data->x, data->context);
  std::vector<double> found(data->context.size());
  model->log_prob(data->x, data->context, found);
  const double ceiling = response_ceiling(*data);
  const Moments of = moments(*data, ceiling);
  const std::vector<double> energies = layer_energies(data->x);
  const double stretch = std::log((1 - kAlpha) / kAlpha);
  for (size_t row = 0; row < found.size(); ++row) {
    const std::vector<double> smeared = {energies[2 * row] + kNoise / 2,
                                         energies[2 * row + 1] + kNoise / 2};
    const double incident = data->context[row];
    Eigen::Matrix2d jacobian;
    double expected = 0;
    for (int j = 0; j < 2; ++j) {
      std::vector<double> up = smeared;
      std::vector<double> down = smeared;
      const double step = 1e-5 * smeared[static_cast<size_t>(j)];
      up[static_cast<size_t>(j)] += step;
      down[static_cast<size_t>(j)] -= step;
      const std::vector<double> above = energy_coordinates(up, incident, ceiling);
      const std::vector<double> below = energy_coordinates(down, incident, ceiling);
      for (int i = 0; i < 2; ++i) {
        const auto which = static_cast<size_t>(i);
        jacobian(i, j) = (above[which] - below[which]) / (2 * step) / of.deviation[i];
      }
    }
    const std::vector<double> now = energy_coordinates(smeared, incident, ceiling);
    for (size_t i = 0; i < 2; ++i) {
      const double z = (now[i] - of.mean[i]) / of.deviation[i];
      expected -= 0.5 * (z * z + std::log(2 * std::numbers::pi));
    }
    expected += std::log(std::abs(jacobian.determinant()));
    for (size_t i = 0; i < kTestCells; ++i) {
      const size_t layer = i < 3 ? 0 : 1;
      const double scale = smeared[layer] + kNoise * (layer == 0 ? 3 : 2);
      const double p =
          kAlpha + (1 - 2 * kAlpha) * (data->x[row * kTestCells + i] + kNoise / 2) / scale;
      // A uniform density of 1/2, and the derivative of the coordinate.
      expected += std::log(0.5 * (1 - 2 * kAlpha) / (scale * p * (1 - p) * stretch));
    }
    EXPECT_NEAR(found[row], expected, 1e-6 * std::abs(expected)) << row;
  }
}

TEST(L2LFlows, FindsShowersOfItsKindLikelier) {
  for (const char* more : {"", R"(, "flow": "coupling")"}) {
    const std::shared_ptr<Model> model = trained_showers("l2l_flows", 400, more);
    const std::shared_ptr<Dataset> data = test_showers(500);
    const auto mean = [&](const std::vector<double>& x) {
      std::vector<double> out(data->context.size());
      model->log_prob(x, data->context, out);
      double total = 0;
      for (const double each : out) total += each / static_cast<double>(out.size());
      return total;
    };
    std::vector<double> swapped = data->x;  // the first two cells of the first layer
    for (size_t i = 0; i < swapped.size(); i += kTestCells) {
      std::swap(swapped[i], swapped[i + 1]);
    }
    EXPECT_GT(mean(data->x), mean(swapped) + 2) << more;
  }
}

TEST(L2LFlows, RefusesFieldsThatDoNotGoTogether) {
  expect_error(Code::invalid_argument, "l2l_flows: degrees is set",
               [] { shower_model("l2l_flows", R"(, "flow": "coupling", "degrees": "cyclic")"); });
  expect_error(Code::out_of_range, "l2l_flows.hidden_layers is 0",
               [] { shower_model("l2l_flows", R"(, "hidden_layers": 0)"); });
  shower_model("l2l_flows", R"(, "hidden_layers": 0, "flow": "coupling")");
}

}  // namespace
}  // namespace castalia
