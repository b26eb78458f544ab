#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> relu_cases() { return unary_cases({.low = -2.0, .high = 2.0, .kinks = {0.0}}); }

}  // namespace castalia
