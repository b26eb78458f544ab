#include "cpp/autodiff/jvp.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>

#include "cpp/autodiff/differentiate.h"
#include "cpp/autodiff/gradient.h"
#include "cpp/autodiff/placeholder.h"
#include "cpp/base/status.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

// The attribute of a tangent(...) node that lists which of the composite's inputs move.
const char kMoving[] = "moving_inputs";

Value plus(Value a, Value b) { return a ? (b ? a + b : a) : b; }

// Tangents flow from the sources to the outputs. What the sources were computed from stands still.
class Forward {
 public:
  Forward(Graph& graph, std::span<const Value> sources, std::span<const Value> tangents)
      : graph_(graph) {
    for (size_t i = 0; i < sources.size(); ++i) {
      Value& slot = slots_of(sources[i])[static_cast<size_t>(sources[i].output_index())];
      slot = plus(slot, tangents[i]);
    }
  }

  // Null where nothing arrives.
  std::vector<Value> run(std::span<const Value> outputs) {
    std::vector<bool> needed;
    for (const Value& output : outputs) {
      const auto node = static_cast<size_t>(output.node_index());
      if (needed.size() <= node) needed.resize(node + 1, false);
      needed[node] = true;
    }
    for (size_t i = needed.size(); i-- > 0;) {
      if (!needed[i] || tangents_.count(static_cast<int>(i)) > 0) continue;
      for (const Value& input : graph_.nodes()[i].inputs) {
        needed[static_cast<size_t>(input.node_index())] = true;
      }
    }
    for (size_t i = 0; i < needed.size(); ++i) {
      if (needed[i] && tangents_.count(static_cast<int>(i)) == 0) propagate(static_cast<int>(i));
    }
    std::vector<Value> result;
    for (const Value& output : outputs) result.push_back(tangent(output));
    return result;
  }

 private:
  std::vector<Value>& slots_of(Value value) {
    std::vector<Value>& slots = tangents_[value.node_index()];
    if (slots.empty()) slots.resize(value.node().outputs.size());
    return slots;
  }

  Value tangent(Value value) const {
    const auto found = tangents_.find(value.node_index());
    return found == tangents_.end() ? Value()
                                    : found->second[static_cast<size_t>(value.output_index())];
  }

  void propagate(int index) {
    const Node& node = graph_.node(index);
    std::vector<Value> tangents;
    for (const Value& input : node.inputs) tangents.push_back(tangent(input));
    if (std::none_of(tangents.begin(), tangents.end(), [](Value t) { return bool(t); })) return;
    const Scope scope(graph_, "tangent of " + (node.scope.empty() ? node.op->name : node.scope));
    std::vector<Value> outputs;
    for (size_t k = 0; k < node.outputs.size(); ++k) {
      outputs.emplace_back(&graph_, index, static_cast<int>(k));
    }
    const std::vector<Value> inputs = node.inputs;
    std::vector<Value> results =
        rule(*node.op, {graph_, node.attributes, inputs, outputs, tangents});
    for (size_t k = 0; k < outputs.size(); ++k) {
      check(!results[k] || results[k].type() == outputs[k].type(), "the tangent of '",
            node.op->name, "' has type ", results[k] ? results[k].type() : TensorType(),
            ", the result ", outputs[k].type());
    }
    tangents_[index] = std::move(results);
  }

  std::vector<Value> rule(const Operator& op, const TangentRequest& request) {
    if (op.tangent) return op.tangent(request);
    if (!op.elementwise.empty()) return through_elementwise(op, request);
    if (op.gradient) return through_gradient(op, request);
    if (op.define) return through_composite(op, request);
    return std::vector<Value>(request.outputs.size());
  }

  // The Jacobian is diagonal, so it is its own transpose: the gradient rule gives the tangent.
  static std::vector<Value> through_elementwise(const Operator& op, const TangentRequest& request) {
    if (!op.gradient) return {Value()};
    const TensorType& type = request.outputs[0].type();
    Value total;
    for (size_t k = 0; k < request.inputs.size(); ++k) {
      if (!request.tangents[k]) continue;
      const Value moved = request.tangents[k].shape() == type.shape
                              ? request.tangents[k]
                              : broadcast_to(request.tangents[k], type.shape);
      const std::vector<Value> each = op.gradient(
          {request.graph, request.attributes, request.inputs, request.outputs, {&moved, 1}});
      total = plus(total, each[k]);
    }
    return {total};
  }

  // The gradient rule sends cotangents u to J'u. That is linear in u, and its own gradient with
  // respect to u, in the direction of the tangents, is J t. What u holds does not matter.
  static std::vector<Value> through_gradient(const Operator& op, const TangentRequest& request) {
    std::vector<Value> cotangents;
    for (const Value& output : request.outputs) {
      cotangents.push_back(placeholder(request.graph, output.type()));
    }
    const std::vector<Value> gradients = apply_gradient_rule(
        op, {request.graph, request.attributes, request.inputs, request.outputs, cotangents});
    std::vector<Value> transposed;
    std::vector<Value> along;
    for (size_t k = 0; k < gradients.size(); ++k) {
      if (!gradients[k] || !request.tangents[k]) continue;
      transposed.push_back(gradients[k]);
      along.push_back(request.tangents[k]);
    }
    if (transposed.empty()) return std::vector<Value>(request.outputs.size());
    return backward(request.graph, transposed, along, cotangents, true);
  }

  std::vector<Value> through_composite(const Operator& op, const TangentRequest& request) const {
    std::vector<Value> arguments(request.inputs.begin(), request.inputs.end());
    std::vector<int64_t> moving;
    for (size_t k = 0; k < request.inputs.size(); ++k) {
      if (!request.tangents[k]) continue;
      moving.push_back(static_cast<int64_t>(k));
      arguments.push_back(request.tangents[k]);
    }
    Attributes attributes = request.attributes;
    push(attributes, kMoving, std::move(moving));
    return graph_.apply(tangent_operator(op), std::move(arguments), std::move(attributes));
  }

  Graph& graph_;
  std::map<int, std::vector<Value>> tangents_;  // of the outputs of nodes
};

std::vector<int64_t> take_moving(Attributes& attributes) {
  return std::get<std::vector<int64_t>>(pop(attributes, kMoving));
}

Operator make_tangent_operator(const Operator& composite) {
  Operator op;
  op.name = "tangent(" + composite.name + ")";
  op.infer = [&composite](std::span<const TensorType> inputs, const Attributes& attributes) {
    Attributes own = attributes;
    const size_t moving = take_moving(own).size();
    return composite.infer(inputs.first(inputs.size() - moving), own);
  };
  op.define = [&composite](Graph& graph, std::span<const Value> inputs,
                           const Attributes& attributes) {
    Attributes own = attributes;
    const std::vector<int64_t> moving = take_moving(own);
    const size_t arity = inputs.size() - moving.size();
    const std::vector<Value> arguments = distinct(inputs.first(arity));
    std::vector<Value> sources;
    for (const int64_t k : moving) sources.push_back(arguments[static_cast<size_t>(k)]);
    const std::vector<Value> outputs = composite.define(graph, arguments, own);
    return zeros_where_null(Forward(graph, sources, inputs.subspan(arity)).run(outputs), outputs);
  };
  return op;
}

// 1 at one place of a vector.
Value one_hot(Graph& graph, DType dtype, int64_t count, int64_t place) {
  std::vector<double> values(static_cast<size_t>(count));
  values[static_cast<size_t>(place)] = 1;
  return graph.constant({count}, dtype, values);
}

void expect_differentiable(Value output, Value input) {
  check(is_floating(output.dtype()) && output.dtype() == input.dtype(),
        "a Jacobian is that of a result and an input of one floating type, not of ", output.type(),
        " and ", input.type());
}

Value vjp_of_one(Value output, Value cotangent, Value input) {
  return vjp({&output, 1}, {&cotangent, 1}, {&input, 1})[0];
}

Value jvp_of_one(Value output, Value input, Value tangent) {
  return jvp({&output, 1}, {&input, 1}, {&tangent, 1})[0];
}

}  // namespace

const Operator& tangent_operator(const Operator& composite) {
  static std::mutex mutex;
  static std::map<const Operator*, std::unique_ptr<Operator>> operators;
  const std::lock_guard lock(mutex);
  std::unique_ptr<Operator>& op = operators[&composite];
  if (!op) op = std::make_unique<Operator>(make_tangent_operator(composite));
  return *op;
}

std::vector<Value> jvp(std::span<const Value> outputs, std::span<const Value> inputs,
                       std::span<const Value> tangents) {
  check(inputs.size() == tangents.size(), inputs.size(), " inputs with ", tangents.size(),
        " tangents");
  for (size_t i = 0; i < inputs.size(); ++i) {
    check(inputs[i].type() == tangents[i].type(), "a tangent of type ", tangents[i].type(),
          " does not fit an input of type ", inputs[i].type());
  }
  if (outputs.empty()) return {};
  return zeros_where_null(Forward(outputs[0].graph(), inputs, tangents).run(outputs), outputs);
}

Value jacobian(Value output, Value input) {
  expect_differentiable(output, input);
  Graph& graph = output.graph();
  const int64_t rows = output.shape().count();
  const int64_t columns = input.shape().count();
  if (rows == 0 || columns == 0) return zeros(graph, {output.dtype(), {rows, columns}});
  std::vector<Value> parts;
  if (rows <= columns) {
    for (int64_t i = 0; i < rows; ++i) {
      const Value unit = reshape(one_hot(graph, output.dtype(), rows, i), output.shape());
      parts.push_back(reshape(vjp_of_one(output, unit, input), Shape{1, columns}));
    }
    return concat(parts, 0);
  }
  for (int64_t i = 0; i < columns; ++i) {
    const Value unit = reshape(one_hot(graph, input.dtype(), columns, i), input.shape());
    parts.push_back(reshape(jvp_of_one(output, input, unit), Shape{rows, 1}));
  }
  return concat(parts, 1);
}

Value row_jacobian(Value output, Value input) {
  expect_differentiable(output, input);
  check(output.shape().rank() == 2 && input.shape().rank() == 2 && output.rows() == input.rows(),
        "the rows of ", output.type(), " are not functions of the rows of ", input.type());
  Graph& graph = output.graph();
  const int64_t rows = output.rows();
  const int64_t results = output.columns();
  const int64_t variables = input.columns();
  if (results == 0 || variables == 0) {
    return zeros(graph, {output.dtype(), {rows, results, variables}});
  }
  std::vector<Value> parts;
  if (results <= variables) {
    for (int64_t i = 0; i < results; ++i) {
      const Value unit = broadcast_to(one_hot(graph, output.dtype(), results, i), output.shape());
      parts.push_back(reshape(vjp_of_one(output, unit, input), Shape{rows, 1, variables}));
    }
    return concat(parts, 1);
  }
  for (int64_t i = 0; i < variables; ++i) {
    const Value unit = broadcast_to(one_hot(graph, input.dtype(), variables, i), input.shape());
    parts.push_back(reshape(jvp_of_one(output, input, unit), Shape{rows, results, 1}));
  }
  return concat(parts, 2);
}

std::vector<Value> hessian_vector_product(Value of, std::span<const Value> inputs,
                                          std::span<const Value> vectors) {
  const Value ones = broadcast_to(of.graph().scalar(1.0, of.dtype()), of.shape());
  return jvp(vjp({&of, 1}, {&ones, 1}, inputs), inputs, vectors);
}

}  // namespace castalia
