#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> sin_cases() { return unary_cases({.low = -7.0, .high = 7.0}); }

}  // namespace castalia
