#include "cpp/ops/cubic_spline/op.h"
#include "cpp/ops/spline_cases.h"

namespace castalia {

std::vector<Case> cubic_spline_inverse_cases() {
  return spline_cases(cubic_spline_parameters, 1.0);
}

}  // namespace castalia
