#include "cpp/ops/rational_linear_spline/op.h"
#include "cpp/ops/spline_cases.h"

namespace castalia {

std::vector<Case> rational_linear_spline_inverse_cases() {
  return spline_cases(rational_linear_spline_parameters, 1.0, true);
}

}  // namespace castalia
