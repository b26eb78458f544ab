// What the graph knows of an operator: its shape rule and its gradient. Kernels are found by the
// operator's name when a Program is compiled.
#ifndef CASTALIA_CPP_GRAPH_OPERATOR_H_
#define CASTALIA_CPP_GRAPH_OPERATOR_H_

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "cpp/graph/graph.h"

namespace castalia {

struct GradientRequest {
  Graph& graph;
  const Attributes& attributes;
  std::span<const Value> inputs;
  std::span<const Value> outputs;
  // Of the final scalar with respect to each output; never null.
  std::span<const Value> gradients;
};

struct TangentRequest {
  Graph& graph;
  const Attributes& attributes;
  std::span<const Value> inputs;
  std::span<const Value> outputs;
  // How each input moves; null for one that does not, but not for all.
  std::span<const Value> tangents;
};

struct Operator {
  std::string name = {};

  // Types of the outputs; an Error that names what does not fit.
  std::function<std::vector<TensorType>(std::span<const TensorType>, const Attributes&)> infer = {};

  // Gradient with respect to each input (null where there is none), in operators. An element-wise
  // rule need not undo broadcasting: gradient() does. Empty for operators without gradient.
  std::function<std::vector<Value>(const GradientRequest&)> gradient = {};
  std::string no_gradient = {};  // the reason why it has none

  // How each output moves (null where it does not), in operators. Only for operators of which
  // forward mode makes something slow otherwise: by default it transposes the gradient.
  std::function<std::vector<Value>(const TangentRequest&)> tangent = {};

  // Set for composite operators: the operator by a graph of other operators. Gives shapes, every
  // derivative and a reference; a kernel that fuses it is used instead where one accepts.
  std::function<std::vector<Value>(Graph&, std::span<const Value>, const Attributes&)> define = {};

  // Set for element-wise operators: the name of the vector operation
  // (cpp/runtime/cpu/elementwise.h). They broadcast by NumPy's rule and fuse with their neighbours.
  std::string elementwise = {};
  // One element of an element-wise operator in double, from one element of each operand: its
  // reference, and what constants fold with.
  std::function<double(const double* operands)> scalar = {};

  // The output is the input's elements in the same order: no kernel is needed.
  bool is_view = false;
};

// The operators without inputs that Graph makes itself. Kernels never see them.
const Operator& input_operator();
const Operator& state_operator();
const Operator& constant_operator();

}  // namespace castalia

#endif  // CASTALIA_CPP_GRAPH_OPERATOR_H_
