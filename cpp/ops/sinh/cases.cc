#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> sinh_cases() { return unary_cases({.low = -3.0, .high = 3.0}); }

}  // namespace castalia
