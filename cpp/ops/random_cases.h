// The cases of the operators that draw rows of independent numbers.
#ifndef CASTALIA_CPP_OPS_RANDOM_CASES_H_
#define CASTALIA_CPP_OPS_RANDOM_CASES_H_

#include <vector>

#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> drawing_cases();

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_RANDOM_CASES_H_
