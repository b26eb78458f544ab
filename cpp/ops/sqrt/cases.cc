#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> sqrt_cases() { return unary_cases({.low = 0.1, .high = 4.0}); }

}  // namespace castalia
