#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> acos_cases() { return unary_cases({.low = -0.9, .high = 0.9}); }

}  // namespace castalia
