// What the derivatives of an operator are tested by, over its cases.
#ifndef CASTALIA_CPP_AUTODIFF_CHECK_DERIVATIVES_FOR_TEST_H_
#define CASTALIA_CPP_AUTODIFF_CHECK_DERIVATIVES_FOR_TEST_H_

#include <string>
#include <vector>

#include "cpp/graph/operator.h"
#include "cpp/ops/cases.h"

namespace castalia {

struct DerivativeFindings {
  std::string skipped;              // why differences say nothing here; empty when they were taken
  std::vector<std::string> errors;  // what is wrong, with the numbers; empty when nothing is
};

// In float64 by the references, along one random direction of the operands: a wrong element changes
// the derivative along almost every direction. The gradient, the tangent of forward mode, the
// second gradient and the tangent of the gradient against central differences; and forward against
// reverse mode, to rounding, at kinks too.
DerivativeFindings check_derivatives(const Operator& op, const Case& one);

}  // namespace castalia

#endif  // CASTALIA_CPP_AUTODIFF_CHECK_DERIVATIVES_FOR_TEST_H_
