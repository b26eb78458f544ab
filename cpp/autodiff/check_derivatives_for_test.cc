#include "cpp/autodiff/check_derivatives_for_test.h"

#include <algorithm>
#include <cmath>

#include "cpp/autodiff/gradient.h"
#include "cpp/autodiff/jvp.h"
#include "cpp/base/philox.h"
#include "cpp/base/text.h"
#include "cpp/ops/interpreter.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

constexpr double kStep = 1e-5;
// Of a derivative, relative to the sum of the magnitudes that enter it: against differences, and of
// one mode against the other.
constexpr double kTolerance = 1e-6;
constexpr double kRounding = 1e-11;

Tensor random_tensor(const Shape& shape, uint16_t stage) {
  Tensor tensor(shape);
  for (int64_t i = 0; i < shape.count(); ++i) {
    tensor[i] = 2 * uniform({.seed = 5, .event = static_cast<uint64_t>(i), .stage = stage}, 0) - 1;
  }
  return tensor;
}

Value constant(Graph& graph, const Tensor& tensor, DType dtype) {
  return graph.constant(tensor.shape, dtype, tensor.data);
}

// The sum over all floating values of their elements times random numbers: float64 of shape [].
Value contract(Graph& graph, std::span<const Value> values, uint16_t stage) {
  Value total = graph.scalar(0.0, DType::float64);
  for (const Value& value : values) {
    const Tensor weights = random_tensor(value.shape(), stage++);
    if (!is_floating(value.dtype())) continue;
    total = total + sum(cast(value, DType::float64) * constant(graph, weights, DType::float64));
  }
  return total;
}

// The operator of one case in a graph of its own, and a direction in which its operands move.
class Traced {
 public:
  Traced(const Operator& op, const Case& one) {
    const std::vector<TensorType> types = operand_types(one, DType::float64);
    std::vector<Tensor> tensors = draw_operands(one);
    std::vector<Value> inputs;
    for (size_t i = 0; i < types.size(); ++i) {
      const std::string name = text("input ", i);
      inputs.push_back(graph_.input(name, types[i]));
      if (is_floating(types[i].dtype) && !one.operands[i].domain.integral) {
        names_.push_back(name);
        variables_.push_back(inputs.back());
        directions_.push_back(random_tensor(types[i].shape, static_cast<uint16_t>(100 + i)));
        tangents_.push_back(constant(graph_, directions_.back(), types[i].dtype));
      }
      sources_[name] = std::move(tensors[i]);
    }
    outputs_ = graph_.apply(op, std::move(inputs), one.attributes);
  }

  bool differentiable() const {
    return !variables_.empty() &&
           std::any_of(outputs_.begin(), outputs_.end(),
                       [](const Value& value) { return is_floating(value.dtype()); });
  }

  void check(bool with_differences, std::vector<std::string>& errors) {
    const Value first = contract(graph_, outputs_, 0);
    const std::vector<Value> gradients = gradient(first, variables_);
    const std::vector<Value> tangents = jvp(outputs_, variables_, tangents_);
    check_order("", first, gradients, contract(graph_, tangents, 0), with_differences, errors);

    const Value second = contract(graph_, gradients, 50);
    const std::vector<Value> moved = jvp(gradients, variables_, tangents_);
    check_order("second ", second, gradient(second, variables_), contract(graph_, moved, 50),
                with_differences, errors);
  }

 private:
  // The derivative of a scalar along the direction: by reverse mode (its gradient), by forward mode
  // (`tangent`), by differences.
  void check_order(const std::string& order, Value scalar, std::vector<Value> gradients,
                   Value tangent, bool with_differences, std::vector<std::string>& errors) {
    gradients.push_back(tangent);
    const std::vector<Tensor> values = interpret(gradients, sources_);
    double reverse = 0;
    double scale = 1;
    for (size_t k = 0; k < variables_.size(); ++k) {
      for (int64_t j = 0; j < directions_[k].shape.count(); ++j) {
        const double each = values[k][j] * directions_[k][j];
        reverse += each;
        scale += std::abs(each);
      }
    }
    const double forward = values.back()[0];
    if (!(std::abs(forward - reverse) <= kRounding * scale)) {
      errors.push_back(
          text(order, "tangent: ", forward, ", the ", order, "gradient gives ", reverse));
    }
    if (!with_differences) return;
    const double difference = (at(scalar, kStep) - at(scalar, -kStep)) / (2 * kStep);
    if (!(std::abs(reverse - difference) <= kTolerance * scale)) {
      errors.push_back(text(order, "gradient: ", reverse, ", differences give ", difference));
    }
    if (!(std::abs(forward - difference) <= kTolerance * scale)) {
      errors.push_back(text(order, "tangent: ", forward, ", differences give ", difference));
    }
  }

  // The scalar where the operands have moved by so much.
  double at(Value scalar, double step) const {
    Sources moved = sources_;
    for (size_t k = 0; k < names_.size(); ++k) {
      Tensor& tensor = moved[names_[k]];
      for (int64_t j = 0; j < tensor.shape.count(); ++j) tensor[j] += step * directions_[k][j];
    }
    return interpret({&scalar, 1}, moved)[0][0];
  }

  Graph graph_;
  std::vector<Value> outputs_;
  // Of the operands that vary:
  std::vector<std::string> names_;
  std::vector<Value> variables_;
  std::vector<Tensor> directions_;
  std::vector<Value> tangents_;
  Sources sources_;
};

}  // namespace

DerivativeFindings check_derivatives(const Operator& op, const Case& one) {
  DerivativeFindings findings;
  Traced traced(op, one);
  if (!traced.differentiable()) {
    findings.skipped = "operands or results are whole numbers";
    return findings;
  }
  findings.skipped = one.kink;
  traced.check(one.kink.empty(), findings.errors);
  return findings;
}

}  // namespace castalia
