// The cases of the operators over segments, which take the same arguments.
#ifndef CASTALIA_CPP_OPS_SEGMENT_CASES_H_
#define CASTALIA_CPP_OPS_SEGMENT_CASES_H_

#include <vector>

#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> segment_cases();

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SEGMENT_CASES_H_
