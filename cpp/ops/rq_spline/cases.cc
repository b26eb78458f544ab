#include "cpp/ops/cases.h"

#include "cpp/ops/spline_cases.h"

namespace castalia {

std::vector<Case> rq_spline_cases() { return spline_cases(); }

}  // namespace castalia
