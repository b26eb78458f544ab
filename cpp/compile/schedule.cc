#include "cpp/compile/schedule.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/graph/operator.h"

namespace castalia {
namespace {

// Beyond this the intermediate tiles of a step no longer stay in the first-level cache.
constexpr size_t kMaxFused = 48;

// A step of so many elements is not worth a second thread; a reduction to so many results is cut
// into tiles enough.
constexpr int64_t kSmall = 1 << 15;
constexpr int64_t kManyResults = 256;

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
  const auto demand = [&](Value value) {
    demanded[static_cast<size_t>(value.node_index())] = true;
  };
  for (const auto& [name, value] : graph.outputs()) demand(view_of(value).base);
  for (const auto& [state, value] : graph.assignments()) demand(view_of(value).base);
  for (size_t i = demanded.size(); i-- > 0;) {
    if (!demanded[i]) continue;
    for (const Value& base : bases(graph.nodes()[i])) demand(base);
  }
  return demanded;
}

bool reads_at_same_place(const Operand& operand, const Shape& shape) {
  return operand.view.offset == 0 && operand.shape == shape;
}

// The first group that a node may join. A group is computed tile by tile, so what is read there at
// other places than it is written (broadcast, or from an offset) must come from an earlier one.
int first_group(const Node& node, const std::vector<int>& group_of) {
  int first = 0;
  for (const Value& input : node.inputs) {
    const Operand operand = is_elementwise(node) ? operand_of(input) : Operand{view_of(input), {}};
    const int group = group_of[static_cast<size_t>(operand.view.base.node_index())];
    const bool same_place = reads_at_same_place(operand, node.outputs[0].shape);
    first = std::max(first, same_place ? group : group + 1);
  }
  return first;
}

// Whether an element-wise node can follow a kernel's result in the same step: it reads the result
// where it writes its own, in the same order of elements if not in the same shape.
bool can_follow(const Graph& graph, const Group& group, const Node& node) {
  const Shape& shape = node.outputs[0].shape;
  const Node& head = graph.node(group.nodes[0]);
  if (head.outputs.size() != 1 || head.outputs[0].shape.count() != shape.count()) return false;
  std::optional<Shape> walk = shape;
  for (size_t place = 1; place < group.nodes.size() && walk; ++place) {
    walk = common_refinement(*walk, graph.node(group.nodes[place]).outputs[0].shape);
  }
  if (!walk) return false;
  return std::any_of(node.inputs.begin(), node.inputs.end(), [&](Value input) {
    const Operand operand = operand_of(input);
    const int base = operand.view.base.node_index();
    return reads_at_same_place(operand, shape) &&
           std::find(group.nodes.begin(), group.nodes.end(), base) != group.nodes.end();
  });
}

}  // namespace

bool is_elementwise(const Node& node) {
  if (!node.op->elementwise.empty()) return true;
  return node.op->name == "cast" && is_floating(node.outputs[0].dtype) &&
         is_floating(node.inputs[0].dtype());
}

View read_by(const Graph& graph, const Group& group, size_t place, Value input) {
  const bool fused = group.is_fused(place);
  check(!fused || is_elementwise(graph.node(group.nodes[place])), "a fused node is element-wise");
  return fused ? operand_of(input).view : view_of(input);
}

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

std::optional<Shape> common_refinement(const Shape& a, const Shape& b) {
  if (a == b) return a;
  if (a.count() != b.count() || a.count() == 0) return std::nullopt;
  // From the last axis on: the smaller of what is left of two axes must divide the other.
  Shape reversed;
  int next_a = a.rank() - 1, next_b = b.rank() - 1;
  int64_t rest_a = 1, rest_b = 1;
  while (true) {
    while (rest_a == 1 && next_a >= 0) rest_a = a[next_a--];
    while (rest_b == 1 && next_b >= 0) rest_b = b[next_b--];
    if (rest_a == 1 && rest_b == 1) break;
    const int64_t extent = std::min(rest_a, rest_b);
    if (std::max(rest_a, rest_b) % extent != 0 || reversed.rank() == Shape::kMaxRank) {
      return std::nullopt;
    }
    reversed.push_back(extent);
    rest_a /= extent;
    rest_b /= extent;
  }
  Shape shape;
  for (int axis = reversed.rank(); axis-- > 0;) shape.push_back(reversed[axis]);
  return shape;
}

bool is_source(Value value) { return !value.node().op->infer; }
bool is_constant(Value value) { return value.node().op == &constant_operator(); }

namespace {

class Scheduler {
 public:
  Scheduler(const Graph& graph, bool fuse, const KernelFusion& kernels)
      : graph_(graph), fuse_(fuse), kernels_(kernels) {}

  ScheduledSteps run() {
    const std::vector<bool> demanded = demanded_nodes(graph_);
    group_of_.assign(graph_.nodes().size(), -1);
    for (size_t i = 0; i < graph_.nodes().size(); ++i) {
      const Node& node = graph_.nodes()[i];
      if (!demanded[i] || !node.op->infer) continue;
      check(!is_view(node), "a view is never computed");
      place(static_cast<int>(i));
    }
    if (fuse_) {
      move_to_readers();
      move_to_reductions();
    }
    return compacted();
  }

 private:
  Group& group(int index) { return groups_[static_cast<size_t>(index)]; }
  int group_of(Value base) const { return group_of_[static_cast<size_t>(base.node_index())]; }

  void open_group(int node, bool elementwise) {
    group_of_[static_cast<size_t>(node)] = static_cast<int>(groups_.size());
    groups_.push_back({{node}, elementwise});
  }

  void append(int node, int to) {
    group_of_[static_cast<size_t>(node)] = to;
    group(to).nodes.push_back(node);
  }

  void place(int index) {
    const Node& node = graph_.node(index);
    if (!is_elementwise(node)) return open_group(index, false);
    if (fuse_ && follow_kernel(index)) return;
    // A node may join any element-wise group of its shape that does not stand before its inputs:
    // that never makes a cycle. The latest one is tried.
    const auto [latest, first] = latest_.try_emplace(text(node.outputs[0].shape), -1);
    if (fuse_ && !first && latest->second >= first_group(node, group_of_) &&
        group(latest->second).nodes.size() < kMaxFused) {
      return append(index, latest->second);
    }
    latest->second = static_cast<int>(groups_.size());
    open_group(index, true);
  }

  // A node that reads a kernel's result where it writes its own becomes part of that kernel's
  // group; with it go the element-wise nodes that it reads too and that stand in later groups,
  // where they need not.
  bool follow_kernel(int index) {
    const Node& node = graph_.node(index);
    for (const Value& input : node.inputs) {
      const int target = group_of(operand_of(input).view.base);
      if (target < 0 || group(target).elementwise || !can_follow(graph_, group(target), node))
        continue;
      std::vector<int> moved;
      if (!collect(index, target, moved) ||
          group(target).nodes.size() + moved.size() >= kMaxFused || !is_head(target)) {
        continue;
      }
      for (const int each : moved) {
        std::erase(group(group_of_[static_cast<size_t>(each)]).nodes, each);
        append(each, target);
      }
      append(index, target);
      return true;
    }
    return false;
  }

  // The nodes, in order, that must come along for this one to be computed in the group; false when
  // one cannot.
  bool collect(int index, int target, std::vector<int>& moved) {
    const Node& node = graph_.node(index);
    const Shape& shape = node.outputs[0].shape;
    for (const Value& input : node.inputs) {
      const Operand operand = operand_of(input);
      const int base = operand.view.base.node_index();
      const int from = group_of(operand.view.base);
      const bool same_place = reads_at_same_place(operand, shape);
      if (from < target || (from == target && same_place) || contains(moved, base)) continue;
      if (from == target || !same_place || !group(from).elementwise) return false;
      if (graph_.node(base).outputs[0].shape != shape || moved.size() >= kMaxFused) return false;
      if (!collect(base, target, moved)) return false;
      moved.push_back(base);
    }
    return true;
  }

  static bool contains(const std::vector<int>& nodes, int node) {
    return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
  }

  bool is_head(int index) {
    const auto [found, first] = heads_.try_emplace(index, false);
    if (first) found->second = kernels_.takes_epilogue(graph_.node(group(index).nodes[0]));
    return found->second;
  }

  // Where a node is read: by which groups, and at its own place by fused nodes alone or not.
  struct Readers {
    std::vector<int> groups;
    bool movable = true;
  };

  std::vector<Readers> find_readers() {
    std::vector<Readers> readers(graph_.nodes().size());
    const auto of = [&](Value base) -> Readers& {
      return readers[static_cast<size_t>(base.node_index())];
    };
    for (size_t g = 0; g < groups_.size(); ++g) {
      for (size_t place = 0; place < groups_[g].nodes.size(); ++place) {
        const Node& node = graph_.node(groups_[g].nodes[place]);
        const bool fused = groups_[g].is_fused(place);
        for (const Value& input : node.inputs) {
          const Operand operand = fused ? operand_of(input) : Operand{view_of(input), {}};
          Readers& found = of(operand.view.base);
          found.groups.push_back(static_cast<int>(g));
          const Shape& shape = operand.view.base.shape();
          if (!fused || !reads_at_same_place(operand, shape) || node.outputs[0].shape != shape) {
            found.movable = false;
          }
        }
      }
    }
    for (const auto& [name, value] : graph_.outputs()) of(view_of(value).base).movable = false;
    for (const auto& [state, value] : graph_.assignments()) of(view_of(value).base).movable = false;
    return readers;
  }

  // A node that one other group alone reads, and that computes from one tensor which is in memory
  // anyway, is computed there: then its result need not be written. So is the mask of an
  // activation, which the forward pass could compute and the backward pass needs.
  void move_to_readers() {
    std::vector<Readers> readers = find_readers();
    for (size_t i = graph_.nodes().size(); i-- > 0;) {
      const int index = static_cast<int>(i);
      const int from = group_of_[i];
      if (from < 0 || !readers[i].movable || readers[i].groups.empty()) continue;
      Group& source = group(from);
      if (!source.elementwise && source.nodes[0] == index) continue;
      const int to = readers[i].groups[0];
      const std::vector<int>& all = readers[i].groups;
      if (to == from || std::any_of(all.begin(), all.end(), [&](int g) { return g != to; }))
        continue;
      if (group(to).nodes.size() >= kMaxFused || !reads_one_kept_tensor(index, from, readers))
        continue;
      std::erase(source.nodes, index);
      Group& target = group(to);
      target.nodes.insert(target.nodes.begin() + (target.elementwise ? 0 : 1), index);
      group_of_[i] = to;
      for (const Value& input : graph_.node(index).inputs) {
        std::vector<int>& groups =
            readers[static_cast<size_t>(operand_of(input).view.base.node_index())].groups;
        const auto one = std::find(groups.begin(), groups.end(), from);
        if (one != groups.end()) *one = to;
      }
    }
  }

  bool reads_one_kept_tensor(int index, int from, const std::vector<Readers>& readers) const {
    const Node& node = graph_.node(index);
    Value tensor;
    for (const Value& input : node.inputs) {
      const Operand operand = operand_of(input);
      const Value base = operand.view.base;
      if (is_constant(base) && base.shape().count() == 1) continue;
      if (tensor || !reads_at_same_place(operand, node.outputs[0].shape)) return false;
      tensor = base;
    }
    if (!tensor || is_source(tensor)) return false;
    const Readers& others = readers[static_cast<size_t>(tensor.node_index())];
    const bool computed_here = group_of(tensor) == from;
    const bool read_elsewhere =
        std::any_of(others.groups.begin(), others.groups.end(), [&](int g) { return g != from; });
    return !computed_here || read_elsewhere;
  }

  // A reduction computes its operand, an element-wise chain, itself: then that need not be written
  // and read again.
  void move_to_reductions() {
    std::vector<int> reductions;
    for (size_t g = 0; g < groups_.size(); ++g) {
      if (takes_chain(groups_[g])) reductions.push_back(static_cast<int>(g));
    }
    if (reductions.empty()) return;
    const std::vector<std::vector<int>> readers = find_reading_nodes();
    // Of what is read elsewhere too, only one reduction can be part.
    std::erase_if(reductions, [&](int g) { return take_own_chain(g, readers); });
    for (const int g : reductions) join_operand(g);
  }

  // The element-wise group that computes the operand of a node, in the order in which it reads it;
  // -1 when there is none.
  int chain_before(const Node& node) const {
    if (node.inputs.size() != 1) return -1;
    const View operand = view_of(node.inputs[0]);
    const int from = group_of(operand.base);
    if (from < 0 || !groups_[static_cast<size_t>(from)].elementwise) return -1;
    const bool whole =
        operand.offset == 0 && operand.base.shape().count() == node.inputs[0].shape().count();
    return whole ? from : -1;
  }

  bool takes_chain(const Group& group) const {
    if (group.elementwise || group.nodes.size() != 1) return false;
    const Node& node = graph_.node(group.nodes[0]);
    return chain_before(node) >= 0 && kernels_.takes_prologue(node);
  }

  // Which nodes read each node; -1 stands for the caller.
  std::vector<std::vector<int>> find_reading_nodes() const {
    std::vector<std::vector<int>> readers(graph_.nodes().size());
    const auto add = [&](Value base, int reader) {
      readers[static_cast<size_t>(base.node_index())].push_back(reader);
    };
    for (const Group& each : groups_) {
      for (const int node : each.nodes) {
        for (const Value& base : bases(graph_.node(node))) add(base, node);
      }
    }
    for (const auto& [name, value] : graph_.outputs()) add(view_of(value).base, -1);
    for (const auto& [state, value] : graph_.assignments()) add(view_of(value).base, -1);
    return readers;
  }

  // Moves the nodes that serve this reduction alone, from whatever groups, into its group; false
  // when there are none, or when something would have to be written for them that is not now.
  bool take_own_chain(int reduction, const std::vector<std::vector<int>>& readers) {
    const int head = group(reduction).nodes[0];
    const Value operand = view_of(graph_.node(head).inputs[0]).base;
    const Shape& shape = operand.shape();
    std::vector<int> chain = {head};  // the last first
    std::set<int> candidates = {operand.node_index()};
    std::set<int> elsewhere;  // read at other places than their own
    while (!candidates.empty()) {
      // Whatever reads it has been looked at before.
      const int node = candidates.extract(std::prev(candidates.end())).value();
      const std::vector<int>& all = readers[static_cast<size_t>(node)];
      if (elsewhere.count(node) > 0 ||
          !std::all_of(all.begin(), all.end(), [&](int r) { return contains(chain, r); })) {
        continue;
      }
      if (chain.size() >= kMaxFused) return false;
      chain.push_back(node);
      for (const Value& input : graph_.node(node).inputs) {
        const Operand read = operand_of(input);
        const Value base = read.view.base;
        if (!reads_at_same_place(read, shape) || base.shape() != shape) {
          elsewhere.insert(base.node_index());
        } else if (group_of(base) >= 0 && group(group_of(base)).elementwise) {
          candidates.insert(base.node_index());
        }
      }
    }
    if (chain.size() == 1) return false;
    for (size_t place = 1; place < chain.size(); ++place) {
      for (const Value& base : bases(graph_.node(chain[place]))) {
        if (!contains(chain, base.node_index()) && !is_written(base, readers)) return false;
      }
    }
    std::reverse(chain.begin(), chain.end());
    for (const int node : chain) {
      std::erase(group(group_of_[static_cast<size_t>(node)]).nodes, node);
      group_of_[static_cast<size_t>(node)] = reduction;
    }
    group(reduction).head = chain.size() - 1;
    group(reduction).nodes = std::move(chain);
    return true;
  }

  // Whether a tensor is in memory: a source, or read outside its group.
  bool is_written(Value base, const std::vector<std::vector<int>>& readers) const {
    const int from = group_of(base);
    const std::vector<int>& all = readers[static_cast<size_t>(base.node_index())];
    return from < 0 || std::any_of(all.begin(), all.end(), [&](int reader) {
             return reader < 0 || group_of_[static_cast<size_t>(reader)] != from;
           });
  }

  // Makes a reduction part of the whole group that computes its operand, which others read too:
  // that is written while it is reduced. The reduction's tiles then are the group's, so a large
  // group is left alone where those may be few.
  void join_operand(int reduction) {
    const int head = group(reduction).nodes[0];
    const Node& node = graph_.node(head);
    const int target = chain_before(node);
    if (target < 0 || group(target).nodes.size() >= kMaxFused) return;
    if (node.inputs[0].shape().count() > kSmall && node.outputs[0].shape.count() < kManyResults) {
      return;
    }
    group(reduction).nodes.clear();
    group_of_[static_cast<size_t>(head)] = target;
    group(target).elementwise = false;
    group(target).head = group(target).nodes.size();
    group(target).nodes.push_back(head);
  }

  // Groups that everything has left go.
  ScheduledSteps compacted() {
    ScheduledSteps result;
    result.group_of.assign(group_of_.size(), -1);
    for (Group& each : groups_) {
      if (each.nodes.empty()) continue;
      for (const int node : each.nodes) {
        result.group_of[static_cast<size_t>(node)] = static_cast<int>(result.groups.size());
      }
      result.groups.push_back(std::move(each));
    }
    return result;
  }

  const Graph& graph_;
  const bool fuse_;
  const KernelFusion& kernels_;
  std::vector<Group> groups_;
  std::vector<int> group_of_;
  std::map<std::string, int> latest_;  // element-wise group by shape
  std::map<int, bool> heads_;          // groups of one kernel: whether it takes more
};

}  // namespace

ScheduledSteps schedule(const Graph& graph, bool fuse, const KernelFusion& kernels) {
  return Scheduler(graph, fuse, kernels).run();
}

}  // namespace castalia
