// The gradient and the second gradient of every operator against central differences, over its
// cases, in float64 by the references; and fused kernels of gradients against their definitions.
//
// A gradient is tested along one random direction a case: a wrong element changes the derivative
// along almost every direction.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include <gtest/gtest.h>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/ops/cases.h"
#include "cpp/ops/interpreter.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/ops.h"
#include "cpp/ops/registry.h"
#include "cpp/ops/run_kernel_for_test.h"

namespace castalia {
namespace {

constexpr double kStep = 1e-5;
// Of the derivative, relative to the sum of the magnitudes that enter it.
constexpr double kTolerance = 1e-6;

Tensor random_tensor(const Shape& shape, uint16_t stage) {
  Tensor tensor(shape);
  for (int64_t i = 0; i < shape.count(); ++i) {
    tensor[i] = 2 * uniform({.seed = 5, .event = static_cast<uint64_t>(i), .stage = stage}, 0) - 1;
  }
  return tensor;
}

Value constant(Graph& graph, const Tensor& tensor) {
  return graph.constant(tensor.shape, DType::float64, tensor.data);
}

// The operator of one case, in a graph of its own.
class Traced {
 public:
  Traced(const Operator& op, const Case& one) : tensors_(draw_operands(one)) {
    const std::vector<TensorType> types = operand_types(one, DType::float64);
    for (size_t i = 0; i < types.size(); ++i) {
      const std::string name = text("input ", i);
      inputs_.push_back(graph_.input(name, types[i]));
      sources_[name] = tensors_[i];
    }
    outputs_ = graph_.apply(op, inputs_, one.attributes);
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (is_floating(types[i].dtype) && !one.operands[i].domain.integral) variables_.push_back(i);
    }
  }

  bool differentiable() const {
    return !variables_.empty() &&
           std::all_of(outputs_.begin(), outputs_.end(),
                       [](const Value& value) { return is_floating(value.dtype()); });
  }

  // The sum over all values of their elements times random numbers: float64 of shape [].
  Value contract(std::span<const Value> values, uint16_t stage) {
    Value total = graph_.scalar(0.0, DType::float64);
    for (const Value& value : values) {
      const Value weights = constant(graph_, random_tensor(value.shape(), stage++));
      total = total + sum(cast(value, DType::float64) * weights);
    }
    return total;
  }

  std::vector<Value> gradient_of(Value scalar) {
    std::vector<Value> variables;
    for (const size_t i : variables_) variables.push_back(inputs_[i]);
    return gradient(scalar, variables);
  }

  std::span<const Value> outputs() const { return outputs_; }

  // Compares the derivative of the scalar along a random direction.
  void check_gradient(Value scalar, std::span<const Value> gradients) {
    const std::vector<Tensor> analytic = interpret(gradients, sources_);
    double slope = 0;
    double scale = 1;
    Sources ahead = sources_;
    Sources behind = sources_;
    for (size_t k = 0; k < variables_.size(); ++k) {
      const size_t i = variables_[k];
      const Tensor direction = random_tensor(tensors_[i].shape, static_cast<uint16_t>(100 + i));
      ASSERT_EQ(analytic[k].shape, direction.shape);
      const std::string name = text("input ", i);
      for (int64_t j = 0; j < direction.shape.count(); ++j) {
        ahead[name][j] += kStep * direction[j];
        behind[name][j] -= kStep * direction[j];
        slope += analytic[k][j] * direction[j];
        scale += std::abs(analytic[k][j] * direction[j]);
      }
    }
    const double difference =
        interpret({&scalar, 1}, ahead)[0][0] - interpret({&scalar, 1}, behind)[0][0];
    ASSERT_TRUE(std::isfinite(slope));
    EXPECT_NEAR(slope, difference / (2 * kStep), kTolerance * scale);
  }

 private:
  Graph graph_;
  std::vector<Tensor> tensors_;
  std::vector<Value> inputs_;
  std::vector<Value> outputs_;
  std::vector<size_t> variables_;
  Sources sources_;
};

class EveryGradient : public testing::TestWithParam<const Operator*> {};

TEST_P(EveryGradient, AgreesWithCentralDifferences) {
  const Operator& op = *GetParam();
  if (!op.gradient && !op.define) GTEST_SKIP() << "no gradient: " << op.no_gradient;
  int tested = 0;
  std::map<std::string, int> skipped;
  for (const Case& one : find_cases(op.name)()) {
    SCOPED_TRACE(describe(op.name, one));
    Traced traced(op, one);
    const std::string reason =
        traced.differentiable() ? one.kink : "operands or results are whole numbers";
    if (!reason.empty()) {
      ++skipped[reason];
      continue;
    }
    ++tested;
    const Value first = traced.contract(traced.outputs(), 0);
    const std::vector<Value> gradients = traced.gradient_of(first);
    {
      SCOPED_TRACE("gradient");
      traced.check_gradient(first, gradients);
    }
    const Value second = traced.contract(gradients, 50);
    SCOPED_TRACE("second gradient");
    traced.check_gradient(second, traced.gradient_of(second));
  }
  std::printf("  %d cases tested\n", tested);
  for (const auto& [reason, count] : skipped) {
    std::printf("  %d cases skipped: %s\n", count, reason.c_str());
  }
  EXPECT_GT(tested, 0);
}

// A kernel that fuses the gradient of a composite operator gives what the differentiated definition
// gives.
TEST_P(EveryGradient, FusedKernelAgreesWithDefinition) {
  const Operator& op = *GetParam();
  const auto candidates = kernel_candidates("gradient(" + op.name + ")");
  if (candidates.empty()) GTEST_SKIP() << "no fused gradient";
  for (const Case& one : find_cases(op.name)()) {
    for (const DType dtype : {DType::float32, DType::float64}) {
      SCOPED_TRACE(describe(op.name, one) + " with " + name(dtype));
      Graph graph;
      std::vector<TensorType> types = operand_types(one, dtype);
      std::vector<Tensor> inputs = draw_operands(one);
      for (const TensorType& type : op.infer(types, one.attributes)) {
        inputs.push_back(random_tensor(type.shape, static_cast<uint16_t>(types.size())));
        types.push_back(type);
      }
      std::vector<Value> values;
      for (const TensorType& type : types) {
        values.push_back(graph.input(text("input ", values.size()), type));
      }
      const size_t arity = one.operands.size();
      const std::vector<Value> outputs = graph.apply(
          op, {values.begin(), values.begin() + static_cast<int64_t>(arity)}, one.attributes);
      // Ask for the gradient once, to have its node, with the attributes it is asked with.
      Value total = graph.scalar(0.0, dtype);
      for (size_t i = 0; i < outputs.size(); ++i) {
        total = total + sum(outputs[i] * values[arity + i]);
      }
      const std::vector<Value> gradients = gradient(total, std::span(values).first(arity));
      const auto node =
          std::find_if(graph.nodes().begin(), graph.nodes().end(),
                       [&](const Node& n) { return n.op->name == "gradient(" + op.name + ")"; });
      ASSERT_NE(node, graph.nodes().end());
      for (size_t i = 0; i < inputs.size(); ++i) {
        std::vector<std::byte> bytes(types[i].bytes());
        write_tensor(inputs[i], dtype, bytes.data());
        inputs[i] = read_tensor(types[i], bytes.data());
      }
      const auto expected = interpret_definition(*node->op, node->attributes, types, inputs);
      int accepted = 0;
      for (const KernelCandidate& candidate : candidates) {
        const KernelRequest request{node->attributes, types, node->outputs, true};
        std::string refusal;
        const auto kernel = candidate.create(request, &refusal);
        if (!kernel) continue;
        ++accepted;
        const auto bytes = run_kernel(*kernel, types, inputs, node->outputs, TileOrder::together);
        for (size_t k = 0; k < expected.size(); ++k) {
          const Tensor got = read_tensor(node->outputs[k], bytes[k].data());
          double scale = 1;
          for (const double x : expected[k].data) scale = std::max(scale, std::abs(x));
          const double tolerance = (dtype == DType::float32 ? 1e-3 : 1e-11) * scale;
          for (int64_t j = 0; j < got.shape.count(); ++j) {
            ASSERT_NEAR(got[j], expected[k][j], tolerance) << "input " << k << ", element " << j;
          }
        }
      }
      EXPECT_GT(accepted, 0) << "no kernel takes this case";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryGradient,
                         testing::ValuesIn(all_operators().begin(), all_operators().end()),
                         [](const auto& info) { return info.param->name; });

// The gradient of the sum of f(x), element by element, where x has these elements.
template <typename Function>
std::vector<double> gradient_at(std::vector<double> x, Function f) {
  const Shape shape{static_cast<int64_t>(x.size())};
  Graph graph;
  const Value input = graph.input("x", {DType::float64, shape});
  const std::vector<Value> gradients = gradient(f(input), {&input, 1});
  return interpret(gradients, {{"x", Tensor(shape, std::move(x))}})[0].data;
}

TEST(Gradient, IsSharedByEqualLargestElements) {
  EXPECT_EQ(gradient_at({2, 1, 2, 0}, [](Value x) { return max(x, 0); }),
            (std::vector<double>{0.5, 0, 0.5, 0}));
}

TEST(Gradient, OfEqualOperandsFlowsToTheFirst) {
  const auto larger = [](Value x) { return maximum(2.0 * x, x.graph().scalar(0.0, x.dtype())); };
  const auto smaller = [](Value x) { return minimum(x.graph().scalar(0.0, x.dtype()), 2.0 * x); };
  EXPECT_EQ(gradient_at({-1, 0, 1}, larger), (std::vector<double>{0, 2, 2}));
  EXPECT_EQ(gradient_at({-1, 0, 1}, smaller), (std::vector<double>{2, 0, 0}));
}

TEST(Gradient, HasTheDocumentedValueAtKinks) {
  EXPECT_EQ(gradient_at({0}, [](Value x) { return abs(x); }), std::vector<double>{0});
  EXPECT_EQ(gradient_at({0}, [](Value x) { return relu(x); }), std::vector<double>{0});
  EXPECT_EQ(gradient_at({0}, [](Value x) { return atan2(x, x); }), std::vector<double>{0});
}

}  // namespace
}  // namespace castalia
