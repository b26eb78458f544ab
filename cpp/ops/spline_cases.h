// The cases of rq_spline and of its inverse, which take the same arguments.
#ifndef CASTALIA_CPP_OPS_SPLINE_CASES_H_
#define CASTALIA_CPP_OPS_SPLINE_CASES_H_

#include <vector>

#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> spline_cases();

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SPLINE_CASES_H_
