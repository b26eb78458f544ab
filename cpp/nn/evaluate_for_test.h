// Runs a layer in float64 with its first weights.
#ifndef CASTALIA_CPP_NN_EVALUATE_FOR_TEST_H_
#define CASTALIA_CPP_NN_EVALUATE_FOR_TEST_H_

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "cpp/compile/compile.h"
#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"
#include "cpp/runtime/workspace.h"

namespace castalia {

struct LayerInput {
  std::string name;
  Shape shape;
  std::vector<double> values;
};

using TraceLayer = std::function<std::vector<Value>(Trace&, const std::vector<Value>&)>;

// May change the parameters' first values, those of the flat tensor.
using ChangeParameters = std::function<void(const ParameterTable&, std::vector<double>&)>;

// The values of all outputs, one after another.
inline std::vector<double> evaluate_layer(const std::vector<LayerInput>& inputs,
                                          const TraceLayer& trace_layer,
                                          const ChangeParameters& change = nullptr) {
  const auto declared = [&](Graph& graph) {
    std::vector<Value> values;
    for (const LayerInput& input : inputs) {
      values.push_back(graph.input(input.name, {DType::float64, input.shape}));
    }
    return values;
  };
  ParameterTable table;
  {
    Graph open;
    Trace trace(open, table, Value(), DType::float64);
    trace_layer(trace, declared(open));
    table.close();
  }
  Graph graph;
  const Value flat = graph.state("parameters", {DType::float64, {table.count()}});
  Trace trace(graph, table, flat, DType::float64);
  const std::vector<Value> outputs = trace_layer(trace, declared(graph));
  for (size_t i = 0; i < outputs.size(); ++i) graph.output(std::to_string(i), outputs[i]);

  Workspace workspace(compile(graph));
  std::vector<double> weights = initial_values(table, 1);
  if (change) change(table, weights);
  AlignedBuffer parameters(padded_bytes(weights.size() * sizeof(double)));
  std::copy(weights.begin(), weights.end(), reinterpret_cast<double*>(parameters.data()));
  workspace.bind_state("parameters", parameters.data());
  for (const LayerInput& input : inputs) {
    std::copy(input.values.begin(), input.values.end(),
              static_cast<double*>(workspace.input(input.name)));
  }
  workspace.run();
  std::vector<double> all;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const auto* values = static_cast<const double*>(workspace.output(std::to_string(i)));
    all.insert(all.end(), values, values + outputs[i].shape().count());
  }
  return all;
}

}  // namespace castalia

#endif  // CASTALIA_CPP_NN_EVALUATE_FOR_TEST_H_
