#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> reciprocal_cases() { return unary_cases({.low = 0.5, .high = 2.5}); }

}  // namespace castalia
