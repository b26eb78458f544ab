// The cases of the operators that put elements in order: they give the elements or their places.
#ifndef CASTALIA_CPP_OPS_ORDER_CASES_H_
#define CASTALIA_CPP_OPS_ORDER_CASES_H_

#include <vector>

#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> sorting_cases();
std::vector<Case> largest_cases();  // of some of them

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ORDER_CASES_H_
