#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> lgamma_cases() { return unary_cases({.low = 0.3, .high = 9.0}); }

}  // namespace castalia
