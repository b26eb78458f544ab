#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> asinh_cases() { return unary_cases({.low = -5.0, .high = 5.0}); }

}  // namespace castalia
