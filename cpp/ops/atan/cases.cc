#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> atan_cases() { return unary_cases({.low = -4.0, .high = 4.0}); }

}  // namespace castalia
