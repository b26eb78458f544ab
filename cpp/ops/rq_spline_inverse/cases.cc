#include "cpp/ops/rq_spline/op.h"
#include "cpp/ops/spline_cases.h"

namespace castalia {

std::vector<Case> rq_spline_inverse_cases() {
  return spline_cases(rq_spline_parameters, 2.0, true);
}

}  // namespace castalia
