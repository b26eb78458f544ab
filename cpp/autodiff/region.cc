#include "cpp/autodiff/region.h"

#include <algorithm>
#include <map>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/graph/operator.h"

namespace castalia {
namespace {

// A value that follows from constants alone, in another graph; null when it does not.
Value copy_of_constant(Value value, Graph& into) {
  const Node& node = value.node();
  if (node.op == &constant_operator()) {
    return into.constant(value.shape(), value.dtype(), node.attributes.reals("values"));
  }
  if (node.inputs.empty()) return {};
  std::vector<Value> inputs;
  for (const Value& input : node.inputs) {
    inputs.push_back(copy_of_constant(input, into));
    if (!inputs.back()) return {};
  }
  return into.apply(*node.op, std::move(inputs),
                    node.attributes)[static_cast<size_t>(value.output_index())];
}

}  // namespace

Region::Region(Graph& graph, std::span<const Value> given, std::span<const Value> results)
    : graph_(graph), given_(given.begin(), given.end()), results_(results.begin(), results.end()) {
  int last = -1;
  for (const Value& result : results_) last = std::max(last, result.node_index());
  const auto is_given = [&](Value value) {
    return std::find(given_.begin(), given_.end(), value) != given_.end();
  };
  std::vector<bool> depends(static_cast<size_t>(last) + 1, false);
  const auto is_inside = [&](Value value) {
    return !is_given(value) && depends[static_cast<size_t>(value.node_index())];
  };
  for (size_t i = 0; i < depends.size(); ++i) {
    const std::vector<Value>& inputs = graph_.nodes()[i].inputs;
    depends[i] = std::any_of(inputs.begin(), inputs.end(),
                             [&](Value input) { return is_given(input) || is_inside(input); });
  }
  std::vector<bool> needed(depends.size(), false);
  const auto need = [&](Value value) {
    if (is_inside(value)) {
      needed[static_cast<size_t>(value.node_index())] = true;
    } else if (!is_given(value) &&
               std::find(captured_.begin(), captured_.end(), value) == captured_.end()) {
      captured_.push_back(value);
    }
  };
  for (const Value& result : results_) need(result);
  for (size_t i = depends.size(); i-- > 0;) {
    if (!needed[i]) continue;
    nodes_.push_back(static_cast<int>(i));
    for (const Value& input : graph_.nodes()[i].inputs) need(input);
  }
  std::reverse(nodes_.begin(), nodes_.end());
}

std::vector<Value> Region::copy(std::span<const Value> in_place_of_given) const {
  std::map<std::pair<int, int>, Value> copies;
  for (size_t i = 0; i < given_.size(); ++i) {
    copies[{given_[i].node_index(), given_[i].output_index()}] = in_place_of_given[i];
  }
  const auto copy_of = [&](Value value) {
    const auto found = copies.find({value.node_index(), value.output_index()});
    return found == copies.end() ? value : found->second;
  };
  for (const int index : nodes_) {
    const Node& node = graph_.node(index);
    std::vector<Value> inputs;
    for (const Value& input : node.inputs) inputs.push_back(copy_of(input));
    const std::vector<Value> outputs = graph_.apply(*node.op, std::move(inputs), node.attributes);
    for (size_t k = 0; k < outputs.size(); ++k) {
      copies.try_emplace({index, static_cast<int>(k)}, outputs[k]);
    }
  }
  std::vector<Value> results;
  for (const Value& result : results_) results.push_back(copy_of(result));
  return results;
}

Region::Apart Region::apart() const {
  auto graph = std::make_shared<Graph>();
  Apart apart;
  std::map<std::pair<int, int>, Value> copies;
  for (size_t i = 0; i < given_.size(); ++i) {
    copies[{given_[i].node_index(), given_[i].output_index()}] =
        graph->input(text("given ", i), given_[i].type());
  }
  const auto captured = [&](Value value) {
    if (const Value constant = copy_of_constant(value, *graph)) return constant;
    apart.captured.push_back(value);
    return graph->state(text("captured ", apart.captured.size() - 1), value.type());
  };
  const auto copy_of = [&](Value value) {
    const auto found = copies.find({value.node_index(), value.output_index()});
    return found == copies.end() ? captured(value) : found->second;
  };
  for (const int index : nodes_) {
    const Node& node = graph_.node(index);
    const Scope scope(*graph, node.scope);
    std::vector<Value> inputs;
    for (const Value& input : node.inputs) inputs.push_back(copy_of(input));
    const std::vector<Value> outputs = graph->apply(*node.op, std::move(inputs), node.attributes);
    for (size_t k = 0; k < outputs.size(); ++k) {
      copies.try_emplace({index, static_cast<int>(k)}, outputs[k]);
    }
  }
  for (size_t i = 0; i < results_.size(); ++i) {
    graph->output(text("result ", i), copy_of(results_[i]));
  }
  apart.graph = std::move(graph);
  return apart;
}

std::vector<Value> inlined(const Graph& function, Graph& into, std::span<const Value> inputs,
                           std::span<const Value> states) {
  check(inputs.size() == function.inputs().size() && states.size() == function.states().size(),
        "a graph of ", function.inputs().size(), " inputs and ", function.states().size(),
        " states is given ", inputs.size(), " and ", states.size());
  std::vector<std::vector<Value>> copies(function.nodes().size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    copies[static_cast<size_t>(function.inputs()[i].node_index())] = {inputs[i]};
  }
  for (size_t i = 0; i < states.size(); ++i) {
    copies[static_cast<size_t>(function.states()[i].node_index())] = {states[i]};
  }
  const auto copy_of = [&](Value value) {
    return copies[static_cast<size_t>(value.node_index())]
                 [static_cast<size_t>(value.output_index())];
  };
  for (size_t i = 0; i < copies.size(); ++i) {
    if (!copies[i].empty()) continue;
    const Node& node = function.nodes()[i];
    const Scope scope(into, node.scope);
    if (node.op == &constant_operator()) {
      copies[i] = {into.constant(node.outputs[0].shape, node.outputs[0].dtype,
                                 node.attributes.reals("values"))};
      continue;
    }
    std::vector<Value> operands;
    for (const Value& input : node.inputs) operands.push_back(copy_of(input));
    copies[i] = into.apply(*node.op, std::move(operands), node.attributes);
  }
  std::vector<Value> results;
  for (const auto& [name, value] : function.outputs()) results.push_back(copy_of(value));
  return results;
}

}  // namespace castalia
