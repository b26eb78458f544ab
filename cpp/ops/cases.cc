#include "cpp/ops/cases.h"

#include <algorithm>
#include <cmath>

#include "cpp/base/philox.h"
#include "cpp/base/text.h"

namespace castalia {
namespace {

double draw(const Domain& domain, uint16_t operand, int64_t element) {
  const auto too_near = [](double x) {
    return [x](double kink) { return std::abs(x - kink) < kKinkClearance; };
  };
  // Another attempt is another draw of the same stream.
  for (uint32_t attempt = 0;; ++attempt) {
    const Stream stream{.seed = 2024, .event = static_cast<uint64_t>(element), .stage = operand};
    const double x = domain.low + (domain.high - domain.low) * uniform(stream, attempt);
    if (domain.integral) return std::nearbyint(x);
    if (std::none_of(domain.kinks.begin(), domain.kinks.end(), too_near(x))) return x;
  }
}

}  // namespace

std::vector<TensorType> operand_types(const Case& one, DType floating) {
  std::vector<TensorType> types;
  for (const CaseOperand& operand : one.operands) {
    types.push_back({operand.dtype.value_or(floating), operand.shape});
  }
  return types;
}

std::vector<Tensor> draw_operands(const Case& one) {
  std::vector<Tensor> tensors;
  for (const CaseOperand& operand : one.operands) {
    Tensor tensor(operand.shape);
    for (int64_t i = 0; i < operand.shape.count(); ++i) {
      tensor[i] = operand.values.empty()
                      ? draw(operand.domain, static_cast<uint16_t>(tensors.size()), i)
                      : operand.values[static_cast<size_t>(i)];
    }
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

std::string describe(const std::string& operator_name, const Case& one) {
  std::vector<std::string> shapes;
  for (const CaseOperand& operand : one.operands) shapes.push_back(text(operand.shape));
  return text(operator_name, '(', join(shapes), ") ", one.attributes);
}

std::vector<Case> unary_cases(const Domain& x) {
  std::vector<Case> cases;
  for (const Shape& shape :
       {Shape{}, Shape{1}, Shape{7}, Shape{0, 4}, Shape{3, 5}, Shape{2, 3, 17}, Shape{33, 129}}) {
    cases.push_back({{{shape, x}}});
  }
  return cases;
}

std::vector<Case> binary_cases(const Domain& a, const Domain& b) {
  return {
      {{{{}, a}, {{}, b}}},
      {{{{7}, a}, {{7}, b}}},
      {{{{0, 4}, a}, {{0, 4}, b}}},
      {{{{0, 4}, a}, {{4}, b}}},
      {{{{3, 5}, a}, {{}, b}}},
      {{{{}, a}, {{3, 5}, b}}},
      {{{{6, 19}, a}, {{19}, b}}},
      {{{{6, 19}, a}, {{6, 1}, b}}},
      {{{{6, 1}, a}, {{1, 19}, b}}},
      {{{{4, 1, 5}, a}, {{3, 1}, b}}},
      {{{{33, 129}, a}, {{33, 129}, b}}},
  };
}

std::vector<Case> ternary_cases(const Domain& a, const Domain& b, const Domain& c) {
  return {
      {{{{}, a}, {{}, b}, {{}, c}}},
      {{{{0, 4}, a}, {{0, 4}, b}, {{0, 4}, c}}},
      {{{{3, 5}, a}, {{3, 5}, b}, {{3, 5}, c}}},
      {{{{6, 1}, a}, {{6, 19}, b}, {{}, c}}},
      {{{{6, 19}, a}, {{1, 19}, b}, {{6, 1}, c}}},
      {{{{19}, a}, {{}, b}, {{6, 19}, c}}},
      {{{{33, 129}, a}, {{33, 129}, b}, {{33, 129}, c}}},
  };
}

}  // namespace castalia
