// The cases of monotone maps and of their inverses, which take the same arguments.
#ifndef CASTALIA_CPP_OPS_MONOTONE_CASES_H_
#define CASTALIA_CPP_OPS_MONOTONE_CASES_H_

#include <cstdint>
#include <vector>

#include "cpp/ops/cases.h"

namespace castalia {

// Arguments are drawn within +-range, away from kinks.
std::vector<Case> monotone_cases(const Attributes& attributes, int64_t parameters,
                                 double range = 4.0, const std::vector<double>& kinks = {});
// Those of both lists.
std::vector<Case> all_cases(std::vector<Case> first, const std::vector<Case>& second);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MONOTONE_CASES_H_
