// First and second derivatives of every operator, in reverse and forward mode, against central
// differences and each other, over its cases; and fused kernels of gradients against their
// definitions.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include <gtest/gtest.h>

#include "cpp/autodiff/check_derivatives_for_test.h"
#include "cpp/autodiff/gradient.h"
#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/ops/cases.h"
#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/interpreter.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/ops.h"
#include "cpp/ops/registry.h"
#include "cpp/ops/run_kernel_for_test.h"

namespace castalia {
namespace {

Tensor random_tensor(const Shape& shape, uint16_t stage) {
  Tensor tensor(shape);
  for (int64_t i = 0; i < shape.count(); ++i) {
    tensor[i] = 2 * uniform({.seed = 5, .event = static_cast<uint64_t>(i), .stage = stage}, 0) - 1;
  }
  return tensor;
}

// What has been tested of all operators together.
struct Totals : testing::Environment {
  void TearDown() override {
    std::printf("%d operators with derivatives: %d cases tested, %d skipped; %d without\n",
                operators, cases, skipped, without);
  }
  int operators = 0;
  int cases = 0;
  int skipped = 0;
  int without = 0;
};
auto* const totals = static_cast<Totals*>(testing::AddGlobalTestEnvironment(new Totals));

class EveryGradient : public testing::TestWithParam<const Operator*> {};

TEST_P(EveryGradient, AgreesWithCentralDifferencesInBothModes) {
  const Operator& op = *GetParam();
  if (!op.gradient && !op.define) {
    ++totals->without;
    GTEST_SKIP() << "no gradient: " << op.no_gradient;
  }
  int tested = 0;
  std::map<std::string, int> skipped;
  for (const Case& one : find_cases(op.name)()) {
    const DerivativeFindings findings = check_derivatives(op, one);
    for (const std::string& error : findings.errors) {
      ADD_FAILURE() << describe(op.name, one) << ": " << error;
    }
    if (findings.skipped.empty()) {
      ++tested;
    } else {
      ++skipped[findings.skipped];
    }
  }
  ++totals->operators;
  totals->cases += tested;
  std::printf("  %d cases tested\n", tested);
  for (const auto& [reason, count] : skipped) {
    totals->skipped += count;
    std::printf("  %d cases skipped: %s\n", count, reason.c_str());
  }
  EXPECT_GT(tested, 0);
}

const KernelTable& emulated_cuda_table() {
  static const KernelTable table = [] {
    KernelTable filled;
    add_all_cuda_kernels(filled);
    return filled;
  }();
  return table;
}

// A kernel that fuses the gradient of a composite operator gives what the differentiated definition
// gives, on the host and in the emulation of a device.
TEST_P(EveryGradient, FusedKernelAgreesWithDefinition) {
  const Operator& op = *GetParam();
  const std::string fused = "gradient(" + op.name + ")";
  std::vector<KernelCandidate> candidates;
  for (const auto& some : {kernel_candidates(fused), emulated_cuda_table().find(fused)}) {
    candidates.insert(candidates.end(), some.begin(), some.end());
  }
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
      const auto node = std::find_if(graph.nodes().begin(), graph.nodes().end(),
                                     [&](const Node& n) { return n.op->name == fused; });
      ASSERT_NE(node, graph.nodes().end());
      for (size_t i = 0; i < inputs.size(); ++i) {
        std::vector<std::byte> bytes(types[i].bytes());
        write_tensor(inputs[i], dtype, bytes.data());
        inputs[i] = read_tensor(types[i], bytes.data());
      }
      const auto expected = interpret_definition(*node->op, node->attributes, types, inputs);
      int accepted = 0;
      for (const KernelCandidate& candidate : candidates) {
        SCOPED_TRACE(candidate.name);
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
