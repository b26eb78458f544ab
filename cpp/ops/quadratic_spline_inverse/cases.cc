#include "cpp/ops/quadratic_spline/op.h"
#include "cpp/ops/spline_cases.h"

namespace castalia {

std::vector<Case> quadratic_spline_inverse_cases() {
  return spline_cases(quadratic_spline_parameters);
}

}  // namespace castalia
