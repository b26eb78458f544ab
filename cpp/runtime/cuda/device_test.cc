// Every operator and its gradient, from its cases: Programs of a device against those of the host.
// In the emulation everywhere; on a GPU where there is one.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/status.h"
#include "cpp/compile/compile.h"
#include "cpp/ops/interpreter.h"
#include "cpp/ops/ops.h"
#include "cpp/ops/registry.h"
#include "cpp/ops/sample_for_test.h"
#include "cpp/runtime/cuda/emulated_device.h"
#include "cpp/runtime/cuda/load.h"
#include "cpp/runtime/state_memory.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

struct Place {
  const Device* device = nullptr;
  std::string missing;  // why there is none
};

Place find_place(const std::string& name) {
  if (name == "emulated") return {&cuda::emulated_device(), {}};
  try {
    return {find_device("cuda:0"), {}};
  } catch (const Error& error) {
    return {nullptr, error.what()};
  }
}

std::vector<Tensor> run(const Graph& graph, const Sample& sample, const Device* device, int runs) {
  Workspace workspace(compile(graph, {.device = device}));
  for (int i = 0; i < runs; ++i) {
    for (size_t k = 0; k < sample.inputs.size(); ++k) {
      const std::string name = "x" + std::to_string(k);
      write_tensor(sample.inputs[k], sample.types[k].dtype,
                   static_cast<std::byte*>(workspace.input(name)));
    }
    workspace.run();
  }
  std::vector<Tensor> results;
  for (const auto& [name, value] : graph.outputs()) {
    const void* data = workspace.output(name);
    results.push_back(read_tensor(value.type(), static_cast<const std::byte*>(data)));
  }
  return results;
}

std::vector<Value> apply(Graph& graph, const Sample& sample) {
  std::vector<Value> inputs;
  for (size_t k = 0; k < sample.types.size(); ++k) {
    inputs.push_back(graph.input("x" + std::to_string(k), sample.types[k]));
  }
  const auto results = graph.apply(sample.op, inputs, sample.one.attributes);
  for (size_t k = 0; k < results.size(); ++k) {
    graph.output("y" + std::to_string(k), results[k]);
  }
  return results;
}

// What backward passes give for cotangents that differ from element to element.
bool add_gradient(Graph& graph, const std::vector<Value>& results) {
  std::vector<Value> outputs, cotangents, inputs;
  for (const Value& result : results) {
    if (!is_floating(result.dtype())) continue;
    std::vector<double> values;
    for (int64_t i = 0; i < result.shape().count(); ++i) {
      values.push_back(0.25 + 0.125 * static_cast<double>(i % 7));
    }
    outputs.push_back(result);
    cotangents.push_back(graph.constant(result.shape(), result.dtype(), values));
  }
  for (const Value& input : graph.inputs()) {
    if (is_floating(input.dtype())) inputs.push_back(input);
  }
  if (outputs.empty() || inputs.empty()) return false;
  const auto gradients = vjp(outputs, cotangents, inputs);
  bool any = false;
  for (size_t k = 0; k < gradients.size(); ++k) {
    if (!gradients[k]) continue;
    graph.output("g" + std::to_string(k), gradients[k]);
    any = true;
  }
  return any;
}

using Parameter = std::pair<std::string, const Operator*>;
class OnDevice : public testing::TestWithParam<Parameter> {
 protected:
  void SetUp() override {
    place_ = find_place(GetParam().first);
    if (place_.device == nullptr) GTEST_SKIP() << place_.missing;
  }
  const Device* device() const { return place_.device; }
  static const Operator& op() { return *GetParam().second; }

 private:
  Place place_;
};

TEST_P(OnDevice, ResultsAgreeWithReference) {
  for_each_sample(op(), [&](const Sample& sample) {
    const auto expected = interpret(op(), sample.one.attributes, sample.types, sample.inputs);
    Graph graph;
    apply(graph, sample);
    const auto got = run(graph, sample, device(), 3);  // the third is a recording
    for (size_t i = 0; i < expected.size(); ++i) {
      expect_near(got[i], expected[i], sample.outputs[i].dtype, op().define ? 4096 : 128);
    }
  });
}

TEST_P(OnDevice, GradientsAgreeWithTheHost) {
  if (!op().gradient && !op().define) GTEST_SKIP() << "it has no gradient";
  for_each_sample(op(), [&](const Sample& sample) {
    Graph graph;
    std::vector<Value> results = apply(graph, sample);
    if (!add_gradient(graph, results)) return;
    const auto expected = run(graph, sample, nullptr, 1);
    const auto got = run(graph, sample, device(), 2);
    for (size_t i = results.size(); i < expected.size(); ++i) {
      SCOPED_TRACE(graph.outputs()[i].first);
      expect_near(got[i], expected[i], graph.outputs()[i].second.dtype(), 8192);
    }
  });
}

std::vector<Parameter> parameters() {
  std::vector<Parameter> all;
  for (const char* device : {"emulated", "cuda"}) {
    for (const Operator* op : all_operators()) all.emplace_back(device, op);
  }
  return all;
}
INSTANTIATE_TEST_SUITE_P(All, OnDevice, testing::ValuesIn(parameters()), [](const auto& info) {
  return info.param.first + "_" + info.param.second->name;
});

class Runtime : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    place_ = find_place(GetParam());
    if (place_.device == nullptr) GTEST_SKIP() << place_.missing;
  }
  Place place_;
};

// A state that a Program changes, seen from both sides and by two Programs.
TEST_P(Runtime, StatesAreTheSameOnBothSides) {
  const auto program = [&](double factor) {
    Graph graph;
    const Value x = graph.input("x", {DType::float32, {5}});
    const Value state = graph.state("s", {DType::float32, {5}});
    graph.output("before", state + 1.0);
    graph.assign(state, state * factor + x);
    return Workspace(compile(graph, {.device = place_.device}));
  };
  Workspace doubles = program(2.0);
  Workspace triples = program(3.0);
  StateMemory state(5 * sizeof(float), place_.device);
  for (Workspace* each : {&doubles, &triples}) each->bind_state("s", state);
  const auto at = [&](size_t i) {
    return reinterpret_cast<const float*>(std::as_const(state).data())[i];
  };
  const auto add = [&](Workspace& workspace, float value) {
    for (int i = 0; i < 5; ++i)
      static_cast<float*>(workspace.input("x"))[i] = value * static_cast<float>(i);
    workspace.run();
  };
  add(doubles, 1);
  add(triples, 10);
  add(doubles, 0);
  EXPECT_EQ(at(1), 26);
  EXPECT_EQ(at(4), 104);
  reinterpret_cast<float*>(state.write())[1] = 1;
  for (int i = 0; i < 3; ++i) add(triples, 0);
  EXPECT_EQ(at(1), 27);
  EXPECT_EQ(at(4), 104 * 27);
  EXPECT_EQ(static_cast<const float*>(triples.output("before"))[1], 10);
}

TEST_P(Runtime, NamesTheOperatorThatGaveNaN) {
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {4}});
  graph.output("y", exp(log(x)));
  Workspace workspace(compile(graph, {.device = place_.device, .fuse = false}));
  static_cast<float*>(workspace.input("x"))[2] = -1;
  workspace.run();
  EXPECT_EQ(workspace.first_not_finite(), "operator 'log'");
}

TEST_P(Runtime, RunsOutOfMemoryWithNumbers) {
  if (GetParam() == "emulated") GTEST_SKIP() << "the host's memory is not asked for";
  try {
    place_.device->allocate(size_t{1} << 50);
    FAIL() << "an allocation that no device could serve";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::out_of_memory);
    EXPECT_NE(std::string(error.what()).find("1125899906842624 bytes"), std::string::npos);
  }
  DeviceMemory still_usable(*place_.device, 1024);
}

INSTANTIATE_TEST_SUITE_P(All, Runtime, testing::Values("emulated", "cuda"),
                         [](const auto& info) { return info.param; });

TEST(FindDevice, NamesWhatIsAllowed) {
  EXPECT_EQ(find_device("cpu"), nullptr);
  for (const char* name : {"gpu", "cuda", "cuda:", "cuda:x", "cuda:-1", ""}) {
    try {
      find_device(name);
      FAIL() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::invalid_argument);
      EXPECT_NE(std::string(error.what()).find("allowed: cpu, cuda:N"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace castalia
