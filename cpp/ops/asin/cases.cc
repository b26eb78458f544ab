#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> asin_cases() { return unary_cases({.low = -0.9, .high = 0.9}); }

}  // namespace castalia
