#include "cpp/compile/expand.h"

#include <memory>
#include <utility>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/compile/ode_unroll.h"
#include "cpp/compile/schedule.h"
#include "cpp/compile/simplify.h"
#include "cpp/graph/operator.h"

namespace castalia {
namespace {

// One round; true when something was expanded (and may have brought in new composites).
bool lower_once(const Graph& source, const Expands& expands, const CompileOptions& options,
                Graph& target) {
  const std::vector<bool> needed = needed_nodes(source);
  std::vector<std::vector<Value>> values(source.nodes().size());
  const auto mapped = [&](Value value) {
    return values[static_cast<size_t>(value.node_index())]
                 [static_cast<size_t>(value.output_index())];
  };
  // What a state is to become keeps a node of its own: a state cannot take another's place.
  std::vector<bool> assigned(source.nodes().size(), false);
  for (const auto& [state, value] : source.assignments()) {
    assigned[static_cast<size_t>(view_of(value).base.node_index())] = true;
  }
  bool expanded = false;
  for (size_t i = 0; i < source.nodes().size(); ++i) {
    if (!needed[i]) continue;
    const Node& node = source.nodes()[i];
    std::vector<Value> inputs;
    for (const Value& input : node.inputs) inputs.push_back(mapped(input));
    const Scope scope(target, node.scope);
    if (!node.op->infer) {
      values[i] = {copy_source(node, target)};
    } else if ((node.op->define && expands(node)) || is_written_out(node, options)) {
      expanded = true;
      values[i] = node.op->define ? node.op->define(target, inputs, node.attributes)
                                  : written_out(node, inputs, target);
      for (size_t k = 0; k < node.outputs.size(); ++k) {
        check(values[i][k].type() == node.outputs[k], "the definition of '", node.op->name,
              "' gives ", values[i][k].type(), ", its shape rule ", node.outputs[k]);
      }
    } else {
      values[i] = target.apply(*node.op, std::move(inputs), node.attributes);
      if (assigned[i]) continue;
      if (const Value simpler = simplified(values[i][0], options)) values[i] = {simpler};
    }
  }
  for (const auto& [name, value] : source.outputs()) target.output(name, mapped(value));
  for (const auto& [state, value] : source.assignments())
    target.assign(mapped(state), mapped(value));
  return expanded;
}

}  // namespace

std::vector<bool> needed_nodes(const Graph& graph) {
  std::vector<bool> needed(graph.nodes().size(), false);
  const auto need = [&](Value value) { needed[static_cast<size_t>(value.node_index())] = true; };
  for (const auto& [name, value] : graph.outputs()) need(value);
  for (const auto& [state, value] : graph.assignments()) {
    need(state);
    need(value);
  }
  for (const Value& input : graph.inputs()) need(input);
  for (const Value& state : graph.states()) need(state);
  for (size_t i = needed.size(); i-- > 0;) {
    if (!needed[i]) continue;
    for (const Value& input : graph.nodes()[i].inputs) need(input);
  }
  return needed;
}

Value copy_source(const Node& node, Graph& target) {
  const TensorType& type = node.outputs[0];
  if (node.op == &input_operator()) return target.input(node.attributes.string("name"), type);
  if (node.op == &state_operator()) return target.state(node.attributes.string("name"), type);
  return target.constant(type.shape, type.dtype, node.attributes.reals("values"));
}

void expand(const Graph& source, const Expands& expands, const CompileOptions& options,
            Graph& target) {
  auto current = std::make_unique<Graph>();
  bool again = lower_once(source, expands, options, *current);
  while (again) {
    auto next = std::make_unique<Graph>();
    again = lower_once(*current, expands, options, *next);
    current = std::move(next);
  }
  lower_once(*current, expands, options, target);
}

}  // namespace castalia
