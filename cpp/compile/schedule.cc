#include "cpp/compile/schedule.h"

#include <algorithm>
#include <map>
#include <string>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/graph/operator.h"

namespace castalia {
namespace {

// Beyond this the intermediate tiles of a step no longer stay in the first-level cache.
constexpr size_t kMaxFused = 48;

bool is_elementwise(const Node& node) { return !node.op->elementwise.empty(); }

// A slice whose elements lie together in memory.
bool is_contiguous_slice(const Node& node) {
  if (node.op->name != "slice") return false;
  const Shape& shape = node.inputs[0].shape();
  return shape.count(0, static_cast<int>(node.attributes.integer("axis"))) == 1;
}

bool is_view(const Node& node) { return node.op->is_view || is_contiguous_slice(node); }

// The tensors with memory that a node reads.
std::vector<Value> bases(const Node& node) {
  std::vector<Value> out;
  for (const Value& input : node.inputs) {
    out.push_back(is_elementwise(node) ? operand_of(input).view.base : view_of(input).base);
  }
  return out;
}

std::vector<bool> demanded_nodes(const Graph& graph) {
  std::vector<bool> demanded(graph.nodes().size(), false);
  const auto demand = [&](Value value) { demanded[static_cast<size_t>(value.node_index())] = true; };
  for (const auto& [name, value] : graph.outputs()) demand(view_of(value).base);
  for (const auto& [state, value] : graph.assignments()) demand(view_of(value).base);
  for (size_t i = demanded.size(); i-- > 0;) {
    if (!demanded[i]) continue;
    for (const Value& base : bases(graph.nodes()[i])) demand(base);
  }
  return demanded;
}

// The first group that a node may join. A group is computed tile by tile, so what is read there at
// other places than it is written (broadcast, or from an offset) must come from an earlier one.
int first_group(const Node& node, const std::vector<int>& group_of) {
  int first = 0;
  for (const Value& input : node.inputs) {
    const Operand operand = is_elementwise(node) ? operand_of(input) : Operand{view_of(input), {}};
    const int group = group_of[static_cast<size_t>(operand.view.base.node_index())];
    const bool same_place = operand.view.offset == 0 && operand.shape == node.outputs[0].shape;
    first = std::max(first, same_place ? group : group + 1);
  }
  return first;
}

}  // namespace

View view_of(Value value) {
  View view{value, 0};
  while (is_view(view.base.node())) {
    const Node& node = view.base.node();
    if (node.op->name == "slice") {
      const int axis = static_cast<int>(node.attributes.integer("axis"));
      const Shape& shape = node.inputs[0].shape();
      view.offset += node.attributes.integer("first") * shape.count(axis + 1, shape.rank());
    }
    view.base = node.inputs[0];
  }
  return view;
}

Operand operand_of(Value value) {
  while (value.node().op->name == "broadcast_to") value = value.node().inputs[0];
  return {view_of(value), value.shape()};
}

bool is_source(Value value) { return !value.node().op->infer; }
bool is_constant(Value value) { return value.node().op == &constant_operator(); }

Schedule schedule(const Graph& graph, bool fuse) {
  const std::vector<bool> demanded = demanded_nodes(graph);
  Schedule result;
  result.group_of.assign(graph.nodes().size(), -1);
  // A node may join any element-wise group of its shape that does not stand before its inputs: that
  // never makes a cycle. The latest one is tried.
  std::map<std::string, int> latest;
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    if (!demanded[i] || !node.op->infer) continue;
    check(!is_view(node), "a view is never computed");
    const int after = first_group(node, result.group_of);
    const int index = static_cast<int>(i);
    if (!is_elementwise(node)) {
      result.group_of[i] = static_cast<int>(result.groups.size());
      result.groups.push_back({{index}, false});
      continue;
    }
    const auto [found, first] = latest.try_emplace(text(node.outputs[0].shape), -1);
    const int group = found->second;
    if (fuse && !first && group >= after &&
        result.groups[static_cast<size_t>(group)].nodes.size() < kMaxFused) {
      result.group_of[i] = group;
      result.groups[static_cast<size_t>(group)].nodes.push_back(index);
      continue;
    }
    found->second = static_cast<int>(result.groups.size());
    result.group_of[i] = found->second;
    result.groups.push_back({{index}, true});
  }
  return result;
}

}  // namespace castalia
