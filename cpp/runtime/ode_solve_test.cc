// Differential equations in compiled Programs: against closed forms, and their gradients against
// differences and each other; on a device against the host.
#include "cpp/autodiff/ode_solve.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <deque>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/compile/compile.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/cuda/emulated_device.h"
#include "cpp/runtime/prepared_operands.h"
#include "cpp/runtime/state_memory.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

using Numbers = std::vector<double>;

Numbers normal(uint64_t event, int64_t count, double scale = 1) {
  Numbers values(static_cast<size_t>(count));
  fill_normal(Stream{5, event, 1, 0}, values);
  for (double& value : values) value *= scale;
  return values;
}

struct Run {
  int threads = 1;
  bool states_fixed = false;
  const Device* device = nullptr;
};

// The outputs of a graph from its inputs and states by name, all float64.
std::map<std::string, Numbers> evaluate(const Graph& graph,
                                        const std::map<std::string, Numbers>& given,
                                        const Run& run = {}) {
  Workspace workspace(compile(graph, {.states_fixed = run.states_fixed, .device = run.device}),
                      run.threads);
  std::deque<StateMemory> states;
  for (const Binding& state : workspace.program().states) {
    const Numbers& values = given.at(state.name);
    states.emplace_back(values.size() * sizeof(double), run.device);
    std::memcpy(states.back().write(), values.data(), values.size() * sizeof(double));
    workspace.bind_state(state.name, states.back());
  }
  PreparedOperands operands;
  workspace.prepare(operands);
  ThreadPool pool(run.threads);
  // On a device the second time is a recording.
  for (int again = run.device == nullptr ? 1 : 2; again-- > 0;) {
    for (const Binding& input : workspace.program().inputs) {
      const Numbers& values = given.at(input.name);
      std::copy(values.begin(), values.end(), static_cast<double*>(workspace.input(input.name)));
    }
    workspace.run(&pool);
  }
  std::map<std::string, Numbers> outputs;
  for (const Binding& output : workspace.program().outputs) {
    const auto* values = static_cast<const double*>(workspace.output(output.name));
    outputs[output.name].assign(values, values + output.type.shape.count());
  }
  return outputs;
}

// A spiral that turns with the time, y' = (-y1 t, y0 t): by the angle t^2 / 2.
Value spiral(Value time, Value y) {
  return concat({negate(slice(y, 1, 1, 2)) * time, slice(y, 1, 0, 1) * time}, 1);
}

Numbers solved_spiral(const OdeOptions& options, const Numbers& start) {
  Graph graph;
  const auto rows = static_cast<int64_t>(start.size() / 2);
  const Value y = graph.input("y", {DType::float64, {rows, 2}});
  graph.output("y", ode_solve(
                        y, {}, [](Value t, Value v, auto) { return spiral(t, v); }, options)
                        .y);
  return evaluate(graph, {{"y", start}})["y"];
}

double spiral_error(const OdeOptions& options) {
  const Numbers y = solved_spiral(options, {1, 0.5});
  const double angle = (options.to * options.to - options.from * options.from) / 2;
  const double x0 = std::cos(angle) - 0.5 * std::sin(angle);
  const double x1 = std::sin(angle) + 0.5 * std::cos(angle);
  return std::hypot(y[0] - x0, y[1] - x1);
}

TEST(OdeSolve, FixedStepsConvergeWithTheirOrder) {
  const std::map<std::string, int> orders = {
      {"euler", 1}, {"midpoint", 2}, {"heun", 2}, {"rk4", 4}};
  for (const auto& [method, order] : orders) {
    for (const auto& [from, to] : {std::pair(0.2, 1.7), std::pair(1.7, 0.2)}) {
      const auto error = [&, from = from, to = to](int64_t steps) {
        return spiral_error({.method = method, .from = from, .to = to, .steps = steps});
      };
      EXPECT_NEAR(std::log2(error(64) / error(128)), order, 0.15) << method;
    }
  }
}

TEST(OdeSolve, AdaptiveStepsKeepTheTolerance) {
  for (const double tolerance : {1e-3, 1e-6, 1e-9, 1e-12}) {
    const double error = spiral_error(
        {.from = 0, .to = 5, .relative_tolerance = tolerance, .absolute_tolerance = tolerance});
    EXPECT_LT(error, 30 * tolerance);
    EXPECT_GT(error, 1e-4 * tolerance) << "more work than was asked for";
  }
}

// A network of the time, y and an argument, (rows, 3) and (rows, 2), with two weights.
Value network(Value time, Value y, Value argument, Value first, Value second) {
  const Value hidden = tanh(matmul(concat({time, y, argument}, 1), first));
  return matmul(hidden, second);
}

struct Problem {
  int64_t rows = 100;  // more than a tile
  OdeOptions options;

  std::map<std::string, Numbers> given() const {
    return {{"y", normal(1, rows * 3)},
            {"argument", normal(2, rows * 2)},
            {"first", normal(3, 6 * 8, 0.7)},
            {"second", normal(4, 8 * 3, 0.7)},
            {"weights", normal(5, rows * 3)}};
  }

  // The output "y", and with `derivatives` "loss", a weighted sum of sin(y), and its gradients.
  void trace(Graph& graph, bool derivatives) const {
    const Value y = graph.input("y", {DType::float64, {rows, 3}});
    const Value argument = graph.input("argument", {DType::float64, {rows, 2}});
    const Value first = graph.state("first", {DType::float64, {6, 8}});
    const Value second = graph.state("second", {DType::float64, {8, 3}});
    const OdeSolution solution = ode_solve(
        y, {&argument, 1},
        [&](Value time, Value at, std::span<const Value> arguments) {
          return network(time, at, arguments[0], first, second);
        },
        options);
    graph.output("y", solution.y);
    graph.output("steps", solution.steps);
    if (!derivatives) return;
    const Value weights = graph.input("weights", {DType::float64, {rows, 3}});
    const Value loss = sum(sin(solution.y) * weights, {0, 1});
    graph.output("loss", loss);
    const std::vector<Value> sources = {y, argument, first, second};
    const std::vector<Value> gradients = gradient(loss, sources);
    for (size_t i = 0; i < sources.size(); ++i) {
      graph.output("d " + sources[i].node().attributes.string("name"), gradients[i]);
    }
  }

  std::map<std::string, Numbers> values(bool derivatives, const Run& run = {}) const {
    Graph graph;
    graph.set_whole_rows(run.device != nullptr);
    trace(graph, derivatives);
    return evaluate(graph, given(), run);
  }
};

TEST(OdeSolve, FixedStepsAreThoseOfPlainLoops) {
  const Problem problem{.rows = 70, .options = {.method = "rk4", .from = 1, .to = 0, .steps = 5}};
  const auto given = problem.given();
  Numbers expected = given.at("y");
  for (int64_t row = 0; row < problem.rows; ++row) {
    const auto field = [&](double t, const Numbers& y) {
      Numbers input = {t, y[0], y[1], y[2]};
      for (int k = 0; k < 2; ++k) {
        input.push_back(given.at("argument")[static_cast<size_t>(2 * row + k)]);
      }
      Numbers slope(3, 0.0);
      for (size_t unit = 0; unit < 8; ++unit) {
        double sum = 0;
        for (size_t i = 0; i < 6; ++i) sum += input[i] * given.at("first")[i * 8 + unit];
        for (size_t j = 0; j < 3; ++j) {
          slope[j] += std::tanh(sum) * given.at("second")[unit * 3 + j];
        }
      }
      return slope;
    };
    Numbers y(expected.begin() + 3 * row, expected.begin() + 3 * row + 3);
    const auto moved = [&y](double h, const Numbers& k) {
      return Numbers{y[0] + h * k[0], y[1] + h * k[1], y[2] + h * k[2]};
    };
    const double h = -0.2;
    for (int step = 0; step < 5; ++step) {
      const double t = 1 + step * h;
      const Numbers k1 = field(t, y);
      const Numbers k2 = field(t + h / 2, moved(h / 2, k1));
      const Numbers k3 = field(t + h / 2, moved(h / 2, k2));
      const Numbers k4 = field(t + h, moved(h, k3));
      for (size_t i = 0; i < 3; ++i) y[i] += h / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]);
    }
    std::copy(y.begin(), y.end(), expected.begin() + 3 * row);
  }
  const Numbers found = problem.values(false)["y"];
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-13);
}

TEST(OdeSolve, ARowDoesNotDependOnTheOthersNorOnThreads) {
  for (const char* method : {"rk4", "dormand_prince"}) {
    Problem problem{.rows = 150, .options = {.method = method, .steps = 50}};
    const auto all = problem.values(true);
    EXPECT_EQ(problem.values(true, {.threads = 2}), all) << method;
    EXPECT_EQ(problem.values(false, {.states_fixed = true})["y"], all.at("y")) << method;
    for (const int64_t rows : {1, 7, 64}) {
      problem.rows = rows;
      const Numbers some = problem.values(false)["y"];
      EXPECT_TRUE(std::equal(some.begin(), some.end(), all.at("y").begin())) << method << rows;
    }
  }
}

TEST(OdeSolve, NoRowsAndNoColumns) {
  EXPECT_TRUE(solved_spiral({}, {}).empty());
  Problem problem{.rows = 0, .options = {.method = "rk4", .steps = 3}};
  const auto found = problem.values(true);
  EXPECT_EQ(found.at("d first"), Numbers(48, 0.0));
  Graph graph;
  const Value y = graph.input("y", {DType::float64, {3, 0}});
  graph.output("steps",
               ode_solve(y, {}, [](Value, Value at, auto) { return negate(at); }, {}).steps);
  EXPECT_EQ(evaluate(graph, {{"y", {}}})["steps"].size(), 3u);
}

TEST(OdeSolve, TheGradientOfTheStepsIsThatOfDifferences) {
  for (const char* method : {"euler", "midpoint", "heun", "rk4", "dormand_prince"}) {
    Problem problem{.rows = 70, .options = {.method = method, .from = 1, .to = 0, .steps = 6}};
    if (problem.options.method == "dormand_prince") {
      problem.options.steps = 500;
      problem.options.relative_tolerance = problem.options.absolute_tolerance = 1e-12;
    }
    const auto given = problem.given();
    Graph graph;
    problem.trace(graph, true);
    const auto found = evaluate(graph, given);
    for (const char* name : {"y", "argument", "first", "second"}) {
      const Numbers direction = normal(9, static_cast<int64_t>(given.at(name).size()));
      double slope = 0;
      for (size_t i = 0; i < direction.size(); ++i) {
        slope += direction[i] * found.at(std::string("d ") + name)[i];
      }
      const auto loss = [&](double step) {
        auto moved = given;
        for (size_t i = 0; i < direction.size(); ++i) moved[name][i] += step * direction[i];
        return evaluate(graph, moved)["loss"][0];
      };
      const double h = 1e-3;
      const double difference =
          (8 * (loss(h) - loss(-h)) - (loss(2 * h) - loss(-2 * h))) / (12 * h);
      EXPECT_NEAR(slope, difference, 1e-7 * (1 + std::abs(slope))) << method << ", " << name;
    }
  }
}

TEST(OdeSolve, TheAdjointConvergesToTheGradientOfTheSteps) {
  const auto difference = [](const OdeOptions& options) {
    Problem problem{.rows = 70, .options = options};
    const auto steps = problem.values(true);
    problem.options.gradient = "adjoint";
    const auto adjoint = problem.values(true);
    double largest = 0;
    for (const char* name : {"d y", "d argument", "d first", "d second"}) {
      double scale = 0;
      for (const double value : steps.at(name)) scale = std::max(scale, std::abs(value));
      for (size_t i = 0; i < steps.at(name).size(); ++i) {
        const double error = std::abs(adjoint.at(name)[i] - steps.at(name)[i]);
        largest = std::max(largest, error / scale);
      }
    }
    return largest;
  };
  EXPECT_LT(difference({.relative_tolerance = 1e-11, .absolute_tolerance = 1e-11}), 1e-9);
  const double coarse = difference({.method = "rk4", .steps = 10});
  const double fine = difference({.method = "rk4", .steps = 20});
  EXPECT_LT(fine, 1e-5);
  EXPECT_GT(std::log2(coarse / fine), 3.5);
}

// y' = a (1 - y): stiff where a is large.
TEST(OdeSolve, ARowThatNeedsTooManyStepsSaysSo) {
  Graph graph;
  const Value y = graph.input("y", {DType::float64, {4, 1}});
  const Value rate = graph.input("rate", {DType::float64, {4, 1}});
  const OdeSolution solution =
      ode_solve(y, {&rate, 1}, [](Value, Value at, auto more) { return more[0] * (1.0 - at); },
                {.steps = 60});
  graph.output("y", solution.y);
  graph.output("steps", solution.steps);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto found = evaluate(graph, {{"y", {0, 0, nan, 0}}, {"rate", {1, 1e4, 1, 2}}});
  EXPECT_NEAR(found.at("y")[0], 1 - std::exp(-1.0), 1e-5);
  EXPECT_NEAR(found.at("y")[3], 1 - std::exp(-2.0), 1e-5);
  EXPECT_TRUE(std::isnan(found.at("y")[1]));
  EXPECT_TRUE(std::isnan(found.at("y")[2]));
  EXPECT_GT(found.at("steps")[0], 2);
  EXPECT_LT(found.at("steps")[0], 30);
  EXPECT_EQ(found.at("steps")[1], 0);
  EXPECT_EQ(found.at("steps")[2], 0);
}

TEST(OdeSolve, OptionsThatMakeNoSenseAreRefused) {
  const auto code = [](const OdeOptions& options) {
    try {
      solved_spiral(options, {1, 0});
    } catch (const Error& error) {
      return error.code();
    }
    return Code::ok;
  };
  EXPECT_EQ(code({.steps = 0}), Code::out_of_range);
  EXPECT_EQ(code({.relative_tolerance = 0}), Code::out_of_range);
  EXPECT_EQ(code({.absolute_tolerance = std::numeric_limits<double>::quiet_NaN()}),
            Code::out_of_range);
  EXPECT_EQ(code({.method = "verlet"}), Code::not_found);
}

void expect_near(const std::map<std::string, Numbers>& found,
                 const std::map<std::string, Numbers>& expected, double tolerance) {
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [name, values] : expected) {
    ASSERT_EQ(found.at(name).size(), values.size()) << name;
    double scale = 1;
    for (const double value : values) scale = std::max(scale, std::abs(value));
    for (size_t i = 0; i < values.size(); ++i) {
      EXPECT_NEAR(found.at(name)[i], values[i], tolerance * scale) << name << ", " << i;
    }
  }
}

// The emulation takes its time.
TEST(OdeSolve, FixedStepsAndTheirGradientsAreTheSameOnADevice) {
  const auto compare = [](const std::string& method, const std::string& gradient, int64_t rows) {
    SCOPED_TRACE(method + ", " + gradient);
    const Problem problem{
        .rows = rows,
        .options = {.method = method, .from = 1, .to = 0.25, .steps = 2, .gradient = gradient}};
    expect_near(problem.values(true, {.device = &cuda::emulated_device()}), problem.values(true),
                1e-13);
  };
  for (const char* method : {"euler", "midpoint", "heun", "rk4"}) compare(method, "discrete", 3);
  compare("midpoint", "adjoint", 1);
  compare("heun", "adjoint", 66);  // more than a tile of the host
}

TEST(OdeSolve, ChosenStepsAreTheSameOnADevice) {
  Problem problem{.rows = 4, .options = {.from = 1, .to = 0.75}};
  expect_near(problem.values(false, {.device = &cuda::emulated_device()}), problem.values(false),
              1e-12);
  problem.options.steps = 2;
  const auto found = problem.values(false, {.device = &cuda::emulated_device()});
  const auto expected = problem.values(false);
  EXPECT_EQ(found.at("steps"), expected.at("steps"));
  const Numbers& steps = expected.at("steps");
  EXPECT_GT(std::count(steps.begin(), steps.end(), 0.0), 0);
  for (size_t row = 0; row < steps.size(); ++row) {
    EXPECT_EQ(std::isnan(found.at("y")[3 * row]), steps[row] == 0) << "gave up";
  }
}

TEST(OdeSolve, ADeviceTakesNoRows) {
  for (const char* method : {"rk4", "dormand_prince"}) {
    const Problem problem{.rows = 0, .options = {.method = method, .steps = 3}};
    const bool fixed = problem.options.method == "rk4";
    const auto found = problem.values(fixed, {.device = &cuda::emulated_device()});
    EXPECT_TRUE(found.at("y").empty());
    if (!fixed) continue;
    EXPECT_EQ(found.at("d first"), Numbers(48, 0.0));
  }
}

TEST(OdeSolve, WhatADeviceDoesNotTakeIsRefused) {
  const auto refusal = [](const Graph& graph) -> std::pair<Code, std::string> {
    try {
      compile(graph, {.device = &cuda::emulated_device()});
    } catch (const Error& error) {
      return {error.code(), error.what()};
    }
    return {Code::ok, ""};
  };
  for (const char* method : {"rk4", "dormand_prince"}) {
    Graph tiles;
    Problem{.rows = 100, .options = {.method = method}}.trace(tiles, false);
    EXPECT_EQ(refusal(tiles).first, Code::internal) << method;
  }
  Graph gradient;
  gradient.set_whole_rows(true);
  Problem{}.trace(gradient, true);
  const auto [code, words] = refusal(gradient);
  EXPECT_EQ(code, Code::unsupported);
  EXPECT_NE(words.find("rk4"), std::string::npos) << words;
}

TEST(OdeSolve, ThereIsNoSecondDerivative) {
  Graph graph;
  const Value y = graph.input("y", {DType::float64, {2, 2}});
  const Value end = ode_solve(y, {}, [](Value t, Value at, auto) { return spiral(t, at); }, {}).y;
  const Value slope = gradient(sum(square(end), {0, 1}), {&y, 1})[0];
  EXPECT_THROW(gradient(sum(square(slope), {0, 1}), {&y, 1}), Error);
}

}  // namespace
}  // namespace castalia
