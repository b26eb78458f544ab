// What the derivatives of operators are tested by refuses a wrong one: gradients are spoiled on
// purpose, and the same checker must say so.
#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cpp/autodiff/check_derivatives_for_test.h"
#include "cpp/autodiff/gradient.h"
#include "cpp/ops/cases.h"
#include "cpp/ops/ops.h"
#include "cpp/ops/registry.h"

namespace castalia {
namespace {

using Values = std::vector<Value>;

// The first complaint about any case of the operator; empty when there is none.
std::string complaint(const Operator& op) {
  for (const Case& one : find_cases(op.name)()) {
    const DerivativeFindings findings = check_derivatives(op, one);
    if (!findings.errors.empty()) return findings.errors[0];
  }
  return "";
}

Operator with_gradient(const Operator& op, std::function<Values(const GradientRequest&)> gradient) {
  Operator wrong = op;
  wrong.gradient = std::move(gradient);
  return wrong;
}

TEST(WrongGradient, OfMatmulIsRefused) {
  // The gradient of the second factor, its sign lost.
  const Operator wrong = with_gradient(matmul_operator(), [](const GradientRequest& r) -> Values {
    Values right = matmul_operator().gradient(r);
    return {right[0], negate(right[1])};
  });
  EXPECT_EQ(complaint(matmul_operator()), "");
  EXPECT_NE(complaint(wrong).find("gradient: "), std::string::npos);
}

TEST(WrongGradient, OfTanhIsRefused) {
  // 1 - y instead of 1 - y^2.
  const Operator wrong = with_gradient(tanh_operator(), [](const GradientRequest& r) -> Values {
    return {r.gradients[0] * (1.0 - r.outputs[0])};
  });
  EXPECT_EQ(complaint(tanh_operator()), "");
  EXPECT_NE(complaint(wrong).find("gradient: "), std::string::npos);
}

TEST(WrongGradient, OfSoftmaxIsRefused) {
  // Without the term that keeps the sum at one.
  const Operator wrong = with_gradient(softmax_operator(), [](const GradientRequest& r) -> Values {
    return {r.gradients[0] * r.outputs[0]};
  });
  EXPECT_EQ(complaint(softmax_operator()), "");
  EXPECT_NE(complaint(wrong).find("gradient: "), std::string::npos);
}

TEST(WrongTangent, OfConcatIsRefused) {
  Operator wrong = concat_operator();
  wrong.tangent = [](const TangentRequest& r) -> Values {
    return {1.01 * concat_operator().tangent(r)[0]};
  };
  EXPECT_NE(complaint(wrong).find("tangent: "), std::string::npos);
}

// A gradient that is right at first order may hide what the second needs.
TEST(WrongGradient, OfSecondOrderIsRefused) {
  const Operator wrong = with_gradient(exp_operator(), [](const GradientRequest& r) -> Values {
    return {r.gradients[0] * stop_gradient(r.outputs[0])};
  });
  EXPECT_EQ(complaint(wrong).find("second gradient: "), 0u) << complaint(wrong);
}

// Whether any case differentiates with respect to the operand, and compares with differences.
bool varies(std::span<const Case> cases, size_t operand) {
  return std::any_of(cases.begin(), cases.end(), [operand](const Case& one) {
    if (operand >= one.operands.size() || !one.kink.empty()) return false;
    const TensorType type = operand_types(one, DType::float64)[operand];
    return is_floating(type.dtype) && !one.operands[operand].domain.integral;
  });
}

class EveryOperator : public testing::TestWithParam<const Operator*> {};

// A hundredth of the sum of all cotangents: linear in them, as a gradient is, and not zero where
// one is.
Value spoil(const GradientRequest& r, const TensorType& type) {
  Value total = r.graph.scalar(0.0, type.dtype);
  for (const Value& each : r.gradients) {
    if (is_floating(each.dtype())) total = total + cast(sum(each), type.dtype);
  }
  return broadcast_to(0.01 * total, type.shape);
}

// One input's gradient with too much, for each operator and each of its inputs.
TEST_P(EveryOperator, IsRefusedWithAWrongGradient) {
  const Operator& op = *GetParam();
  if (!op.gradient && !op.define) GTEST_SKIP() << "no gradient: " << op.no_gradient;
  const auto right = [&op](const GradientRequest& r) -> Values {
    if (op.gradient) return op.gradient(r);
    return vjp(op.define(r.graph, r.inputs, r.attributes), r.gradients, r.inputs);
  };
  const std::vector<Case> cases = find_cases(op.name)();
  size_t inputs = 0;
  for (const Case& one : cases) inputs = std::max(inputs, one.operands.size());
  int spoiled = 0;
  for (size_t k = 0; k < inputs; ++k) {
    if (!varies(cases, k)) continue;
    bool has_gradient = false;
    const Operator wrong = with_gradient(op, [&](const GradientRequest& r) {
      Values gradients = right(r);
      if (k >= gradients.size() || !gradients[k] || !is_floating(gradients[k].dtype())) {
        return gradients;
      }
      has_gradient = true;
      gradients[k] = gradients[k] + spoil(r, gradients[k].type());
      return gradients;
    });
    const std::string found = complaint(wrong);
    if (!has_gradient) continue;
    ++spoiled;
    EXPECT_NE(found, "") << "input " << k;
  }
  EXPECT_GT(spoiled, 0);
}

INSTANTIATE_TEST_SUITE_P(All, EveryOperator,
                         testing::ValuesIn(all_operators().begin(), all_operators().end()),
                         [](const auto& info) { return info.param->name; });

}  // namespace
}  // namespace castalia
