#include "cpp/compile/fixed_parts.h"

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/compile/expand.h"
#include "cpp/compile/schedule.h"
#include "cpp/graph/operator.h"

namespace castalia {
namespace {

// Larger constants (masks, tables) do not move: names spell constants out.
constexpr int64_t kMostNumbers = 1024;

size_t bytes_of(const std::vector<TensorType>& types) {
  size_t bytes = 0;
  for (const TensorType& type : types) bytes += type.bytes();
  return bytes;
}

class Division {
 public:
  Division(const Graph& source, Graph& fixed, Graph& rest)
      : source_(source), fixed_(fixed), rest_(rest) {
    check(source.assignments().empty(), "a graph that assigns states has no fixed parts");
  }

  void run() {
    for (const Node& node : source_.nodes()) kinds_.push_back(kind_of(node));
    const std::vector<bool> needed = needed_nodes(source_);
    for (size_t i = 0; i < needed.size(); ++i) {
      const bool stays = kinds_[i] == Kind::varies || is_source(value(i));
      if (needed[i] && stays) copy(i, rest_, in_rest_);
    }
    for (const auto& [name, value] : source_.outputs()) rest_.output(name, in_rest(value));
  }

 private:
  // Constants are of either kind, and decide nothing.
  enum class Kind { varies, fixed, constant };
  using Copies = std::map<size_t, std::vector<Value>>;

  Value value(size_t node, int output = 0) const {
    return {const_cast<Graph*>(&source_), static_cast<int>(node), output};
  }
  static size_t index(Value value) { return static_cast<size_t>(value.node_index()); }

  Kind kind_of(const Node& node) const {
    if (node.op == &state_operator()) return Kind::fixed;
    if (node.op == &constant_operator()) {
      return node.outputs[0].shape.count() <= kMostNumbers ? Kind::constant : Kind::varies;
    }
    Kind kind = node.op == &input_operator() ? Kind::varies : Kind::constant;
    size_t read = 0;
    for (const Value& input : node.inputs) {
      const Kind own = kinds_[index(input)];
      if (own == Kind::varies || kind == Kind::varies) return Kind::varies;
      if (own == Kind::fixed) kind = own;
      read += input.type().bytes();
    }
    return kind == Kind::fixed && bytes_of(node.outputs) > read ? Kind::varies : kind;
  }

  // A node of the source, whose operands are there or come on the way, in a target.
  const std::vector<Value>& copy(size_t node, Graph& target, Copies& copies) {
    if (const auto found = copies.find(node); found != copies.end()) return found->second;
    const Node& original = source_.node(static_cast<int>(node));
    std::vector<Value> inputs;
    for (const Value& input : original.inputs) {
      inputs.push_back(&target == &rest_ ? in_rest(input)
                                         : copy(index(input), target,
                                                copies)[static_cast<size_t>(input.output_index())]);
    }
    const Scope scope(target, original.scope);
    return copies[node] = original.op->infer
                              ? target.apply(*original.op, std::move(inputs), original.attributes)
                              : std::vector<Value>{copy_source(original, target)};
  }

  // Views of what has moved are made where they are read.
  Value in_rest(Value value) {
    const auto output = static_cast<size_t>(value.output_index());
    const bool moves =
        kinds_[index(value)] == Kind::fixed && view_of(value).base == value && !is_source(value);
    return moves ? moved(value) : copy(index(value), rest_, in_rest_)[output];
  }

  // The state that takes the place of a value.
  Value moved(Value value) {
    Value& state = moved_[{index(value), value.output_index()}];
    if (state) return state;
    const std::string name = name_of(value);
    state = rest_.state(name, value.type());
    fixed_.output(name,
                  copy(index(value), fixed_, in_fixed_)[static_cast<size_t>(value.output_index())]);
    return state;
  }

  // Every node that the value is computed by, in order.
  std::string name_of(Value value) const {
    std::set<size_t> nodes = {index(value)};
    for (auto each = nodes.rbegin(); each != nodes.rend(); ++each) {
      for (const Value& input : source_.node(static_cast<int>(*each)).inputs) {
        nodes.insert(index(input));
      }
    }
    std::map<size_t, size_t> places;
    std::ostringstream name;
    for (const size_t each : nodes) {
      const Node& node = source_.node(static_cast<int>(each));
      places.emplace(each, places.size());
      name << node.op->name << node.attributes;
      for (const Value& input : node.inputs) {
        name << ' ' << places.at(index(input)) << '.' << input.output_index();
      }
      for (const TensorType& type : node.outputs) name << " : " << type;
      name << '\n';
    }
    name << value.output_index();
    return name.str();
  }

  const Graph& source_;
  Graph& fixed_;
  Graph& rest_;
  std::vector<Kind> kinds_;
  Copies in_fixed_, in_rest_;
  std::map<std::pair<size_t, int>, Value> moved_;
};

}  // namespace

void divide_fixed(const Graph& source, Graph& fixed, Graph& rest) {
  Division(source, fixed, rest).run();
}

}  // namespace castalia
