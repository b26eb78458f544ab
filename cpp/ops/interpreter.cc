#include "cpp/ops/interpreter.h"

#include "cpp/base/status.h"
#include "cpp/graph/operator.h"

namespace castalia {
namespace {

using Results = std::vector<std::vector<Tensor>>;  // of each node

const Tensor& result(const Results& results, Value value) {
  return results[static_cast<size_t>(value.node_index())]
                [static_cast<size_t>(value.output_index())];
}

const Tensor& source(const Node& node, const Sources& sources) {
  const std::string& name = node.attributes.string("name");
  const auto found = sources.find(name);
  check(found != sources.end(), "no tensor for '", name, "'");
  return found->second;
}

std::vector<Tensor> compute(const Node& node, const Results& results, const Sources& sources) {
  if (node.op == &input_operator() || node.op == &state_operator()) return {source(node, sources)};
  if (node.op == &constant_operator()) {
    return {Tensor(node.outputs[0].shape, node.attributes.reals("values"))};
  }
  std::vector<TensorType> types;
  std::vector<Tensor> inputs;
  for (const Value& input : node.inputs) {
    types.push_back(input.type());
    inputs.push_back(result(results, input));
  }
  return interpret(*node.op, node.attributes, types, inputs);
}

}  // namespace

std::vector<Tensor> interpret(std::span<const Value> values, const Sources& sources) {
  if (values.empty()) return {};
  const Graph& graph = values[0].graph();
  // Operands stand before what uses them.
  std::vector<bool> needed(graph.nodes().size(), false);
  for (const Value& value : values) needed[static_cast<size_t>(value.node_index())] = true;
  for (size_t i = needed.size(); i-- > 0;) {
    if (!needed[i]) continue;
    for (const Value& input : graph.nodes()[i].inputs) {
      needed[static_cast<size_t>(input.node_index())] = true;
    }
  }
  Results results(needed.size());
  for (size_t i = 0; i < needed.size(); ++i) {
    if (!needed[i]) continue;
    const Node& node = graph.nodes()[i];
    results[i] = compute(node, results, sources);
    for (size_t k = 0; k < node.outputs.size(); ++k) {
      check(results[i][k].shape == node.outputs[k].shape, "'", node.op->name, "' gives shape ",
            results[i][k].shape, ", its shape rule ", node.outputs[k].shape);
    }
  }
  std::vector<Tensor> wanted;
  for (const Value& value : values) wanted.push_back(result(results, value));
  return wanted;
}

std::vector<Tensor> interpret(const Operator& op, const Attributes& attributes,
                              std::span<const TensorType> types, std::span<const Tensor> inputs) {
  if (has_reference(op)) return reference(op, attributes, inputs);
  return interpret_definition(op, attributes, types, inputs);
}

std::vector<Tensor> interpret_definition(const Operator& op, const Attributes& attributes,
                                         std::span<const TensorType> types,
                                         std::span<const Tensor> inputs) {
  check(static_cast<bool>(op.define), "operator '", op.name, "' has no definition");
  Graph graph;
  Sources sources;
  std::vector<Value> values;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string name = text("input ", i);
    values.push_back(graph.input(name, types[i]));
    sources[name] = inputs[i];
  }
  return interpret(op.define(graph, values, attributes), sources);
}

}  // namespace castalia
