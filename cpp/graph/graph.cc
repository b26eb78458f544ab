#include "cpp/graph/graph.h"

#include <ostream>
#include <type_traits>
#include <utility>
#include <variant>

#include "cpp/base/status.h"
#include "cpp/graph/operator.h"

namespace castalia {

std::ostream& operator<<(std::ostream& out, const TensorType& type) {
  return out << name(type.dtype) << type.shape;
}

const Node& Value::node() const { return graph_->node(node_); }
const TensorType& Value::type() const { return node().outputs[static_cast<size_t>(output_)]; }

const Operator& input_operator() {
  static const Operator op{.name = "input", .no_gradient = "it is given from outside"};
  return op;
}
const Operator& state_operator() {
  static const Operator op{.name = "state", .no_gradient = "it is given from outside"};
  return op;
}
const Operator& constant_operator() {
  static const Operator op{.name = "constant", .no_gradient = "it is constant"};
  return op;
}

namespace {

// What makes two nodes the same, as bytes: text would take longer to write than the node to make.
class NodeKey {
 public:
  explicit NodeKey(const Operator& op) { add(&op); }

  template <typename T>
  requires std::is_trivially_copyable_v<T>
  void add(const T& value) { key_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void add(const std::string& words) {
    add(words.size());
    key_ += words;
  }
  template <typename T>
  void add(const std::vector<T>& values) {
    add(values.size());
    key_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  }
  void add(const std::shared_ptr<const Graph>& graph) { add(graph.get()); }
  void add(const TensorType& type) {
    add(type.dtype);
    add(type.shape.rank());
    for (const int64_t extent : type.shape) add(extent);
  }
  void add(const Attributes& attributes) {
    for (const auto& [name, value] : attributes.values()) {
      add(name);
      add(value.index());
      std::visit([&](const auto& each) { add(each); }, value);
    }
  }

  std::string take() { return std::move(key_); }

 private:
  std::string key_;
};

}  // namespace

Value Graph::add_source(const Operator& op, const TensorType& type, Attributes attributes) {
  NodeKey key(op);
  key.add(type);
  key.add(attributes);
  const auto [found, inserted] = known_.try_emplace(key.take(), static_cast<int>(nodes_.size()));
  if (inserted) {
    nodes_.push_back({&op, {}, std::move(attributes), {type}, scope_});
  }
  return Value(this, found->second, 0);
}

Value Graph::input(const std::string& name, const TensorType& type) {
  const size_t before = nodes_.size();
  const Value value = add_source(input_operator(), type, {{"name", name}});
  if (nodes_.size() > before) inputs_.push_back(value);
  return value;
}

Value Graph::state(const std::string& name, const TensorType& type) {
  const size_t before = nodes_.size();
  const Value value = add_source(state_operator(), type, {{"name", name}});
  if (nodes_.size() > before) states_.push_back(value);
  return value;
}

Value Graph::constant(const Shape& shape, DType dtype, std::span<const double> values) {
  check(shape.count() == static_cast<int64_t>(values.size()), "constant of shape ", shape, " with ",
        values.size(), " values");
  return add_source(constant_operator(), {dtype, shape},
                    {{"values", std::vector<double>(values.begin(), values.end())}});
}

Value Graph::scalar(double value, DType dtype) { return constant({}, dtype, {&value, 1}); }

std::vector<Value> Graph::apply(const Operator& op, std::vector<Value> inputs,
                                Attributes attributes) {
  std::vector<TensorType> types;
  NodeKey key(op);
  key.add(inputs.size());
  for (const Value& input : inputs) {
    check(input && &input.graph() == this, "operator '", op.name, "' takes values of one graph");
    types.push_back(input.type());
    key.add(input.node_index());
    key.add(input.output_index());
  }
  key.add(attributes);
  const auto [found, inserted] = known_.try_emplace(key.take(), static_cast<int>(nodes_.size()));
  if (inserted) {
    std::vector<TensorType> outputs;
    try {
      outputs = op.infer(types, attributes);
    } catch (const Error& error) {
      known_.erase(found);
      fail(error.code(), "operator '", op.name, "'", scope_.empty() ? "" : " at ", scope_, ": ",
           error.what());
    }
    nodes_.push_back({&op, std::move(inputs), std::move(attributes), std::move(outputs), scope_});
  }
  std::vector<Value> values;
  for (size_t i = 0; i < node(found->second).outputs.size(); ++i) {
    values.emplace_back(this, found->second, static_cast<int>(i));
  }
  return values;
}

void Graph::assign(Value state, Value value) {
  check(state.node().op == &state_operator(), "only a state can be assigned");
  check(state.type() == value.type(), "a state of type ", state.type(), " cannot hold ",
        value.type());
  assignments_.emplace_back(state, value);
}

void Graph::output(const std::string& name, Value value) { outputs_.emplace_back(name, value); }

Scope::Scope(Graph& graph, const std::string& name) : graph_(graph), length_(graph.scope_.size()) {
  if (length_ > 0) graph_.scope_ += " / ";
  graph_.scope_ += name;
}

Scope::~Scope() { graph_.scope_.resize(length_); }

std::ostream& operator<<(std::ostream& out, const Graph& graph) {
  for (size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    out << '%' << i << " = " << node.op->name << '(';
    const char* separator = "";
    for (const Value& input : node.inputs) {
      out << separator << '%' << input.node_index();
      if (input.node().outputs.size() > 1) out << '.' << input.output_index();
      separator = ", ";
    }
    out << ')';
    if (!node.attributes.values().empty()) out << ' ' << node.attributes;
    separator = " : ";
    for (const TensorType& type : node.outputs) {
      out << separator << type;
      separator = ", ";
    }
    if (!node.scope.empty()) out << "  # " << node.scope;
    out << '\n';
  }
  for (const auto& [name, value] : graph.outputs())
    out << name << " <- %" << value.node_index() << '\n';
  for (const auto& [state, value] : graph.assignments()) {
    out << '%' << state.node_index() << " := %" << value.node_index() << '\n';
  }
  return out;
}

}  // namespace castalia
