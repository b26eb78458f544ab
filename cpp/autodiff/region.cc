#include "cpp/autodiff/region.h"

#include <algorithm>
#include <map>
#include <utility>

namespace castalia {

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

}  // namespace castalia
