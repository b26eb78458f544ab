// Graphs of which a part is computed of states alone: both halves together give what the whole
// does.
#include "cpp/compile/fixed_parts.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "cpp/compile/compile.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/prepared_operands.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

constexpr int64_t kInputs = 5, kOutputs = 3, kStates = (kInputs + 1) * kOutputs;

using Values = std::vector<float>;

Values numbers(int64_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  Values values(static_cast<size_t>(count));
  for (float& value : values) value = normal(engine);
  return values;
}

// x times a weight whose columns are directions times lengths, the last two rows of which are a
// factor of their own.
void trace_normalised(Graph& graph, int64_t rows) {
  const Value x = graph.input("x", {DType::float32, {rows, kInputs}});
  const Value flat = graph.state("w", {DType::float32, {kStates}});
  const Value direction = reshape(slice(flat, 0, 0, kInputs * kOutputs), Shape{kInputs, kOutputs});
  const Value length = slice(flat, 0, kInputs * kOutputs, kStates);
  const Value weight = direction * (length / sqrt(sum(square(direction), {0}, true) + 1e-24));
  const Value own = matmul(slice(x, 1, 0, 3), slice(weight, 0, 0, 3));
  graph.output("y", own + matmul(slice(x, 1, 3, kInputs), slice(weight, 0, 3, kInputs)) + length);
  graph.output("weight", weight);
}

// Runs a Program on these states; all outputs by name.
std::map<std::string, Values> run(const Graph& graph, const std::map<std::string, Values>& states,
                                  const Values& x) {
  Workspace workspace(compile(graph, {.states_fixed = true}));
  std::vector<AlignedBuffer> memory;
  for (const Binding& state : workspace.program().states) {
    const Values& values = states.at(state.name);
    EXPECT_EQ(static_cast<int64_t>(values.size()), state.type.shape.count());
    memory.emplace_back(padded_bytes(state.type.bytes()));
    std::memcpy(memory.back().data(), values.data(), state.type.bytes());
    workspace.bind_state(state.name, memory.back().data());
  }
  PreparedOperands operands;
  workspace.prepare(operands);
  for (const Binding& input : workspace.program().inputs) {
    std::memcpy(workspace.input(input.name), x.data(), input.type.bytes());
  }
  workspace.run();
  std::map<std::string, Values> outputs;
  for (const Binding& output : workspace.program().outputs) {
    const auto* first = static_cast<const float*>(workspace.output(output.name));
    outputs[output.name] = Values(first, first + output.type.shape.count());
  }
  return outputs;
}

std::set<std::string> outputs_of(const Graph& graph) {
  std::set<std::string> names;
  for (const auto& [name, value] : graph.outputs()) names.insert(name);
  return names;
}

TEST(FixedParts, BothHalvesGiveWhatTheWholeDoes) {
  constexpr int64_t kRows = 7;
  Graph whole, fixed, rest;
  trace_normalised(whole, kRows);
  divide_fixed(whole, fixed, rest);
  EXPECT_TRUE(fixed.inputs().empty());
  EXPECT_EQ(fixed.outputs().size(), 1U);
  EXPECT_EQ(rest.states().size(), 2U);
  std::map<std::string, Values> states = {{"w", numbers(kStates, 1)}};
  const Values x = numbers(kRows * kInputs, 2);
  const std::map<std::string, Values> expected = run(whole, states, x);
  for (const auto& [name, values] : run(fixed, states, {})) states[name] = values;
  EXPECT_EQ(run(rest, states, x), expected);
}

TEST(FixedParts, NothingOfThemIsComputedAgain) {
  Graph whole, fixed, rest;
  trace_normalised(whole, 1);
  divide_fixed(whole, fixed, rest);
  for (const Node& node : rest.nodes()) {
    EXPECT_NE(node.op->name, "sqrt");
    EXPECT_NE(node.op->name, "square");
  }
}

TEST(FixedParts, HaveTheSameNamesForAnyNumberOfEvents) {
  Graph one, many, fixed_of_one, fixed_of_many, rest_of_one, rest_of_many;
  trace_normalised(one, 1);
  trace_normalised(many, 8);
  divide_fixed(one, fixed_of_one, rest_of_one);
  divide_fixed(many, fixed_of_many, rest_of_many);
  EXPECT_EQ(outputs_of(fixed_of_one), outputs_of(fixed_of_many));
}

TEST(FixedParts, HaveOtherNamesWhereOtherNumbersComeOut) {
  std::set<std::string> names;
  const auto add = [&](int64_t first, double factor) {
    Graph whole, fixed, rest;
    const Value flat = whole.state("w", {DType::float32, {4}});
    const Value x = whole.input("x", {DType::float32, {1, 2}});
    whole.output("y", x * (factor * slice(flat, 0, first, first + 2)));
    divide_fixed(whole, fixed, rest);
    for (const std::string& name : outputs_of(fixed)) names.insert(name);
  };
  add(0, 2);
  add(2, 2);
  add(0, 3);
  EXPECT_EQ(names.size(), 3U);
}

// What grows with the events, large tables, and what reads inputs.
TEST(FixedParts, OtherThingsStay) {
  Graph whole, fixed, rest;
  const Value w = whole.state("w", {DType::float32, {1, 64}});
  const Value x = whole.input("x", {DType::float32, {64, 64}});
  const std::vector<double> table(64 * 64, 0.5);
  whole.output("outer", x + matmul(w, w, true, false));
  whole.output("table", x * matmul(w, whole.constant({64, 64}, DType::float32, table)));
  divide_fixed(whole, fixed, rest);
  EXPECT_TRUE(fixed.outputs().empty());
  const std::map<std::string, Values> states = {{"w", numbers(64, 3)}};
  const Values values = numbers(64 * 64, 4);
  EXPECT_EQ(run(rest, states, values), run(whole, states, values));
}

}  // namespace
}  // namespace castalia
