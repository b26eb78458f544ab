#include "cpp/ops/linear_spline/op.h"
#include "cpp/ops/spline_cases.h"

namespace castalia {

std::vector<Case> linear_spline_cases() { return spline_cases(linear_spline_parameters); }

}  // namespace castalia
