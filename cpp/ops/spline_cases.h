// The cases of the splines and of their inverses, which take the same arguments.
#ifndef CASTALIA_CPP_OPS_SPLINE_CASES_H_
#define CASTALIA_CPP_OPS_SPLINE_CASES_H_

#include <cstdint>
#include <vector>

#include "cpp/ops/cases.h"
#include "cpp/ops/spline_options.h"

namespace castalia {

// `parameters` gives their number for one feature. The parameters of one case go up to
// largest_logit: where the spline is flat its inverse magnifies rounding.
std::vector<Case> spline_cases(int64_t (*parameters)(const SplineOptions&),
                               double largest_logit = 2.0, bool circular = false);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SPLINE_CASES_H_
