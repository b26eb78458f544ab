#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> log1p_cases() { return unary_cases({.low = -0.8, .high = 3.0}); }

}  // namespace castalia
