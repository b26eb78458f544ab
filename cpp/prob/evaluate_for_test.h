// Runs a small graph for a test.
#ifndef CASTALIA_CPP_PROB_EVALUATE_FOR_TEST_H_
#define CASTALIA_CPP_PROB_EVALUATE_FOR_TEST_H_

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "cpp/compile/compile.h"
#include "cpp/graph/graph.h"
#include "cpp/runtime/workspace.h"

namespace castalia {

// The outputs of a graph as doubles, from its inputs: float32 or float64 all.
inline std::map<std::string, std::vector<double>> evaluate(
    const Graph& graph, const std::map<std::string, std::vector<double>>& inputs) {
  Workspace workspace(compile(graph));
  for (const Value& input : graph.inputs()) {
    const std::string& name = input.node().attributes.string("name");
    const std::vector<double>& values = inputs.at(name);
    if (input.dtype() == DType::float32) {
      std::copy(values.begin(), values.end(), static_cast<float*>(workspace.input(name)));
    } else {
      std::copy(values.begin(), values.end(), static_cast<double*>(workspace.input(name)));
    }
  }
  workspace.run();
  std::map<std::string, std::vector<double>> outputs;
  for (const auto& [name, value] : graph.outputs()) {
    const auto count = value.shape().count();
    if (value.dtype() == DType::float32) {
      const auto* data = static_cast<const float*>(workspace.output(name));
      outputs[name].assign(data, data + count);
    } else {
      const auto* data = static_cast<const double*>(workspace.output(name));
      outputs[name].assign(data, data + count);
    }
  }
  return outputs;
}

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_EVALUATE_FOR_TEST_H_
