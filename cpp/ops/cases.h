// Sample arguments of operators. Every test and timing of an operator is derived from its cases.
#ifndef CASTALIA_CPP_OPS_CASES_H_
#define CASTALIA_CPP_OPS_CASES_H_

#include <optional>
#include <string>
#include <vector>

#include "cpp/graph/attributes.h"
#include "cpp/graph/tensor_type.h"
#include "cpp/ops/reference.h"

namespace castalia {

// Where the elements of an operand are drawn from: uniformly in [low, high].
struct Domain {
  double low = -1.0;
  double high = 1.0;
  // Points where the operator is not smooth: no element is drawn within kKinkClearance of them.
  std::vector<double> kinks = {};
  // Whole numbers only, so that ties occur. Not differentiated with respect to.
  bool integral = false;
};
inline constexpr double kKinkClearance = 0.05;

struct CaseOperand {
  Shape shape;
  Domain domain = {};
  // The type of the operand; float32 and float64 in turn when not given.
  std::optional<DType> dtype = {};
  // The elements themselves, instead of the domain.
  std::vector<double> values = {};
};

struct Case {
  std::vector<CaseOperand> operands;
  Attributes attributes = {};
  // Why gradients do not agree with differences here: the operator has a kink at these elements.
  std::string kink = {};
};

// The types of the operands when those without a type of their own have this one.
std::vector<TensorType> operand_types(const Case& one, DType floating);
// Their elements, the same on every call.
std::vector<Tensor> draw_operands(const Case& one);
// "matmul([3, 5], [5, 7]) {transpose_a=0, ...}"
std::string describe(const std::string& operator_name, const Case& one);

using CaseList = std::vector<Case> (*)();
// The cases of an operator, null for an unknown name. Generated from the folders.
CaseList find_cases(const std::string& operator_name);

// Element-wise operators: odd, unit and zero-size shapes, and all ways of broadcasting.
std::vector<Case> unary_cases(const Domain& x);
std::vector<Case> binary_cases(const Domain& a, const Domain& b);
std::vector<Case> ternary_cases(const Domain& a, const Domain& b, const Domain& c);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CASES_H_
