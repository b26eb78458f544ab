// Runs a small graph for a test.
#ifndef CASTALIA_CPP_PROB_EVALUATE_FOR_TEST_H_
#define CASTALIA_CPP_PROB_EVALUATE_FOR_TEST_H_

#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "cpp/compile/compile.h"
#include "cpp/graph/graph.h"
#include "cpp/runtime/workspace.h"

namespace castalia {

// The float64 outputs of a graph with float64 inputs.
inline std::map<std::string, std::vector<double>> evaluate(
    const Graph& graph, const std::map<std::string, std::vector<double>>& inputs) {
  Workspace workspace(compile(graph));
  for (const auto& [name, values] : inputs) {
    std::memcpy(workspace.input(name), values.data(), values.size() * sizeof(double));
  }
  workspace.run();
  std::map<std::string, std::vector<double>> outputs;
  for (const auto& [name, value] : graph.outputs()) {
    const auto* data = static_cast<const double*>(workspace.output(name));
    outputs[name].assign(data, data + value.shape().count());
  }
  return outputs;
}

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_EVALUATE_FOR_TEST_H_
