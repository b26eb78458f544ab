#include "cpp/autodiff/gradient.h"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "cpp/autodiff/differentiate.h"
#include "cpp/base/status.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

// The attribute of a gradient(...) node that says how many of its inputs are the composite's own.
const char kArity[] = "composite_inputs";

// Undoes broadcasting: the sum over the axes along which a tensor of this shape was repeated.
Value sum_to(Value gradient, const Shape& shape) {
  if (gradient.shape() == shape) return gradient;
  const int extra = gradient.shape().rank() - shape.rank();
  std::vector<int64_t> axes;
  for (int axis = 0; axis < gradient.shape().rank(); ++axis) {
    const bool repeated = axis < extra || (shape[axis - extra] == 1 && gradient.shape()[axis] != 1);
    if (repeated) axes.push_back(axis);
  }
  return reshape(sum(gradient, axes), shape);
}

class Backward {
 public:
  Backward(Graph& graph, std::span<const Value> sources, bool stop_at_sources)
      : graph_(graph), sources_(sources), stop_at_sources_(stop_at_sources) {}

  // Null where nothing arrives.
  std::vector<Value> run(std::span<const Value> outputs, std::span<const Value> cotangents) {
    flow(outputs, cotangents);
    std::vector<Value> result;
    for (const Value& source : sources_) result.push_back(cotangent(source));
    return result;
  }

  std::vector<Contribution> run_apart(std::span<const Value> outputs,
                                      std::span<const Value> cotangents) {
    apart_ = true;
    flow(outputs, cotangents);
    return std::move(contributions_);
  }

 private:
  void flow(std::span<const Value> outputs, std::span<const Value> cotangents) {
    int last = -1;
    for (const Value& output : outputs) last = std::max(last, output.node_index());
    mark_dependents(last);
    cotangents_.resize(static_cast<size_t>(last) + 1);
    for (size_t i = 0; i < outputs.size(); ++i) accumulate(outputs[i], cotangents[i]);
    for (int i = last; i >= 0; --i) propagate(i);
  }

  void mark_dependents(int last) {
    const size_t count = static_cast<size_t>(last) + 1;
    depends_.assign(count, false);
    is_source_.assign(count, false);
    for (const Value& source : sources_) {
      if (source.node_index() <= last) is_source_[static_cast<size_t>(source.node_index())] = true;
    }
    for (size_t i = 0; i < count; ++i) {
      depends_[i] = is_source_[i];
      for (const Value& input : graph_.nodes()[i].inputs) {
        if (depends_[static_cast<size_t>(input.node_index())]) depends_[i] = true;
      }
    }
  }

  Value cotangent(Value value) const {
    const size_t node = static_cast<size_t>(value.node_index());
    if (node >= cotangents_.size() || cotangents_[node].empty()) return {};
    return cotangents_[node][static_cast<size_t>(value.output_index())];
  }

  void accumulate(Value value, Value cotangent) {
    const size_t node = static_cast<size_t>(value.node_index());
    // Nothing flows to whole numbers: an operator's gradient has zeros for its seed.
    if (!depends_[node] || !is_floating(value.type().dtype)) return;
    if (apart_ && std::find(sources_.begin(), sources_.end(), value) != sources_.end()) {
      contributions_.push_back({value, cotangent});
      return;
    }
    auto& slots = cotangents_[node];
    if (slots.empty()) slots.resize(value.node().outputs.size());
    Value& slot = slots[static_cast<size_t>(value.output_index())];
    slot = slot ? add(slot, cotangent) : cotangent;
  }

  void propagate(int index) {
    const size_t i = static_cast<size_t>(index);
    if (!depends_[i] || cotangents_[i].empty() || (stop_at_sources_ && is_source_[i])) return;
    const Node& node = graph_.node(index);
    const Scope scope(graph_, "gradient of " + (node.scope.empty() ? node.op->name : node.scope));
    std::vector<Value> outputs;
    std::vector<Value> cotangents;
    for (size_t k = 0; k < node.outputs.size(); ++k) {
      outputs.emplace_back(&graph_, index, static_cast<int>(k));
      const Value given = cotangents_[i][k];
      cotangents.push_back(given ? given : zeros(graph_, node.outputs[k]));
    }
    const std::vector<Value> inputs = node.inputs;
    if (node.op == &checkpoint_operator()) {
      for (const Contribution& each :
           differentiate_checkpoint({graph_, node.attributes, inputs, outputs, cotangents})) {
        accumulate(each.to, each.cotangent);
      }
      return;
    }
    const std::vector<Value> gradients = rule(node, inputs, outputs, cotangents);
    for (size_t k = 0; k < inputs.size(); ++k) {
      if (!gradients[k]) continue;
      check(gradients[k].type() == inputs[k].type(), "the gradient of '", node.op->name,
            "' with respect to input ", k, " has type ", gradients[k].type(), ", the input ",
            inputs[k].type());
      accumulate(inputs[k], gradients[k]);
    }
  }

  std::vector<Value> rule(const Node& node, std::span<const Value> inputs,
                          std::span<const Value> outputs, std::span<const Value> cotangents) {
    if (node.op->gradient) {
      return apply_gradient_rule(*node.op, {graph_, node.attributes, inputs, outputs, cotangents});
    }
    if (!node.op->define) {
      // An operator of whole numbers or of random ones: nothing flows back.
      check(!node.op->no_gradient.empty(), "operator '", node.op->name,
            "' has neither a gradient nor a reason for having none");
      return std::vector<Value>(inputs.size());
    }
    std::vector<Value> arguments(inputs.begin(), inputs.end());
    arguments.insert(arguments.end(), cotangents.begin(), cotangents.end());
    Attributes attributes = node.attributes;
    push(attributes, kArity, static_cast<int64_t>(inputs.size()));
    return graph_.apply(gradient_operator(*node.op), std::move(arguments), std::move(attributes));
  }

  Graph& graph_;
  std::span<const Value> sources_;
  bool stop_at_sources_;
  std::vector<bool> depends_;
  std::vector<bool> is_source_;
  std::vector<std::vector<Value>> cotangents_;
  bool apart_ = false;
  std::vector<Contribution> contributions_;  // to the sources, when kept apart
};

size_t take_arity(Attributes& attributes) {
  return static_cast<size_t>(std::get<int64_t>(pop(attributes, kArity)));
}

Operator make_gradient_operator(const Operator& composite) {
  Operator op;
  op.name = "gradient(" + composite.name + ")";
  op.infer = [](std::span<const TensorType> inputs, const Attributes& attributes) {
    Attributes own = attributes;
    const size_t arity = take_arity(own);
    return std::vector<TensorType>(inputs.begin(), inputs.begin() + static_cast<ptrdiff_t>(arity));
  };
  op.define = [&composite](Graph& graph, std::span<const Value> inputs,
                           const Attributes& attributes) {
    Attributes own = attributes;
    const size_t arity = take_arity(own);
    const std::vector<Value> arguments = distinct(inputs.first(arity));
    const std::vector<Value> outputs = composite.define(graph, arguments, own);
    return zeros_where_null(backward(graph, outputs, inputs.subspan(arity), arguments, true),
                            arguments);
  };
  return op;
}

}  // namespace

Value zeros(Graph& graph, const TensorType& type) {
  return broadcast_to(graph.scalar(0.0, type.dtype), type.shape);
}

std::vector<Value> zeros_where_null(std::vector<Value> values, std::span<const Value> like) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i]) values[i] = zeros(like[i].graph(), like[i].type());
  }
  return values;
}

std::vector<Value> backward(Graph& graph, std::span<const Value> outputs,
                            std::span<const Value> cotangents, std::span<const Value> sources,
                            bool stop_at_sources) {
  return Backward(graph, sources, stop_at_sources).run(outputs, cotangents);
}

std::vector<Contribution> backward_apart(Graph& graph, std::span<const Value> outputs,
                                         std::span<const Value> cotangents,
                                         std::span<const Value> sources) {
  return Backward(graph, sources, true).run_apart(outputs, cotangents);
}

std::vector<Value> apply_gradient_rule(const Operator& op, const GradientRequest& request) {
  std::vector<Value> gradients = op.gradient(request);
  check(gradients.size() == request.inputs.size(), "the gradient of '", op.name, "' is that of ",
        gradients.size(), " inputs, not of ", request.inputs.size());
  if (op.elementwise.empty()) return gradients;
  for (size_t k = 0; k < gradients.size(); ++k) {
    if (gradients[k]) gradients[k] = sum_to(gradients[k], request.inputs[k].shape());
  }
  return gradients;
}

std::vector<Value> distinct(std::span<const Value> arguments) {
  std::vector<Value> values(arguments.begin(), arguments.end());
  for (size_t i = 1; i < values.size(); ++i) {
    if (std::find(values.begin(), values.begin() + static_cast<ptrdiff_t>(i), values[i]) !=
        values.begin() + static_cast<ptrdiff_t>(i)) {
      values[i] = barrier(values[i], static_cast<int64_t>(i));
    }
  }
  return values;
}

void push(Attributes& attributes, std::string name, Attribute value) {
  while (attributes.has(name)) name += "_";
  attributes.set(name, std::move(value));
}

Attribute pop(Attributes& attributes, std::string name) {
  while (attributes.has(name + "_")) name += "_";
  const auto found = attributes.values().find(name);
  check(found != attributes.values().end(), "no attribute '", name, "'");
  Attribute value = found->second;
  Attributes rest;
  for (const auto& [key, each] : attributes.values()) {
    if (key != name) rest.set(key, each);
  }
  attributes = rest;
  return value;
}

const Operator& gradient_operator(const Operator& composite) {
  static std::mutex mutex;
  static std::map<const Operator*, std::unique_ptr<Operator>> operators;
  const std::lock_guard lock(mutex);
  std::unique_ptr<Operator>& op = operators[&composite];
  if (!op) op = std::make_unique<Operator>(make_gradient_operator(composite));
  return *op;
}

std::vector<Value> gradient(Value of, std::span<const Value> with_respect_to) {
  Graph& graph = of.graph();
  return gradient(of, broadcast_to(graph.scalar(1.0, of.dtype()), of.shape()), with_respect_to);
}

std::vector<Value> gradient(Value of, Value cotangent, std::span<const Value> with_respect_to) {
  check(of.type() == cotangent.type(), "a cotangent of type ", cotangent.type(),
        " does not fit a value of type ", of.type());
  return zeros_where_null(backward(of.graph(), {&of, 1}, {&cotangent, 1}, with_respect_to, false),
                          with_respect_to);
}

std::vector<Value> vjp(std::span<const Value> outputs, std::span<const Value> cotangents,
                       std::span<const Value> inputs) {
  check(outputs.size() == cotangents.size(), outputs.size(), " results with ", cotangents.size(),
        " cotangents");
  for (size_t i = 0; i < outputs.size(); ++i) {
    check(outputs[i].type() == cotangents[i].type(), "a cotangent of type ", cotangents[i].type(),
          " does not fit a result of type ", outputs[i].type());
  }
  if (inputs.empty()) return {};
  return zeros_where_null(backward(inputs[0].graph(), outputs, cotangents, inputs, true), inputs);
}

}  // namespace castalia
