#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> tan_cases() { return unary_cases({.low = -1.2, .high = 1.2}); }

}  // namespace castalia
