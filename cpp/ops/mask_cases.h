// The cases of the operators that pool over particles, which take the same arguments.
#ifndef CASTALIA_CPP_OPS_MASK_CASES_H_
#define CASTALIA_CPP_OPS_MASK_CASES_H_

#include <vector>

#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> masked_pooling_cases();

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MASK_CASES_H_
