// A traced computation. Model code builds a Graph by applying operators to Values, so that it reads
// like the mathematics; gradient() adds to the same graph; compile() makes a Program of it.
//
// A Graph belongs to one thread. Nodes are pure: applying the same operator to the same inputs with
// the same attributes gives the node that already stands.
#ifndef CASTALIA_CPP_GRAPH_GRAPH_H_
#define CASTALIA_CPP_GRAPH_GRAPH_H_

#include <deque>
#include <iosfwd>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cpp/graph/attributes.h"
#include "cpp/graph/tensor_type.h"

namespace castalia {

class Graph;
struct Node;
struct Operator;

// One output of a node. A default-constructed Value is null: "no value here".
class Value {
 public:
  Value() = default;
  Value(Graph* graph, int node, int output) : graph_(graph), node_(node), output_(output) {}

  explicit operator bool() const { return graph_ != nullptr; }
  bool operator==(const Value& other) const = default;

  Graph& graph() const { return *graph_; }
  const Node& node() const;
  int node_index() const { return node_; }
  int output_index() const { return output_; }
  const TensorType& type() const;
  const Shape& shape() const { return type().shape; }
  DType dtype() const { return type().dtype; }
  int64_t rows() const { return shape()[0]; }
  int64_t columns() const { return shape().back(); }

 private:
  Graph* graph_ = nullptr;
  int node_ = -1;
  int output_ = 0;
};

struct Node {
  const Operator* op = nullptr;
  std::vector<Value> inputs;
  Attributes attributes;
  std::vector<TensorType> outputs;
  std::string scope;  // where in the model it stands: "coupling 3 / conditioner / linear 1"
};

class Graph {
 public:
  Graph() = default;
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  // A tensor that the caller writes before each run.
  Value input(const std::string& name, const TensorType& type);
  // A tensor that lives across runs: parameters, moments of an optimiser. assign() changes it.
  Value state(const std::string& name, const TensorType& type);
  // A tensor with fixed contents, row-major.
  Value constant(const Shape& shape, DType dtype, std::span<const double> values);
  Value scalar(double value, DType dtype);  // shape []

  std::vector<Value> apply(const Operator& op, std::vector<Value> inputs,
                           Attributes attributes = {});

  // At the end of a run the state holds the value. Types must agree.
  void assign(Value state, Value value);
  // The value can be read after a run by this name.
  void output(const std::string& name, Value value);

  // Whether what would trace a function for a tile of rows (ode_solve) traces it for all rows at
  // once, as a device wants it. To be set before anything is traced.
  bool whole_rows() const { return whole_rows_; }
  void set_whole_rows(bool whole_rows) { whole_rows_ = whole_rows; }

  const std::deque<Node>& nodes() const { return nodes_; }
  const Node& node(int index) const { return nodes_[static_cast<size_t>(index)]; }
  const std::vector<Value>& inputs() const { return inputs_; }
  const std::vector<Value>& states() const { return states_; }
  const std::vector<std::pair<Value, Value>>& assignments() const { return assignments_; }
  const std::vector<std::pair<std::string, Value>>& outputs() const { return outputs_; }

 private:
  friend class Scope;
  Value add_source(const Operator& op, const TensorType& type, Attributes attributes);

  std::deque<Node> nodes_;
  std::unordered_map<std::string, int> known_;  // what a node is, as bytes -> its index
  std::vector<Value> inputs_;
  std::vector<Value> states_;
  std::vector<std::pair<Value, Value>> assignments_;
  std::vector<std::pair<std::string, Value>> outputs_;
  std::string scope_;
  bool whole_rows_ = false;
};

// Names the part of the model that is traced while it lives; scopes nest.
class Scope {
 public:
  Scope(Graph& graph, const std::string& name);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  Graph& graph_;
  size_t length_;
};

// One line a node: "%7 = matmul(%3, %5) {transpose_b=1} : float32[64, 128]  # coupling 0 / linear
// 1".
std::ostream& operator<<(std::ostream& out, const Graph& graph);

}  // namespace castalia

#endif  // CASTALIA_CPP_GRAPH_GRAPH_H_
