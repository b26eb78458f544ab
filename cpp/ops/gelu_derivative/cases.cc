#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> gelu_derivative_cases() {
  std::vector<Case> cases = unary_cases({.low = -4.0, .high = 4.0});
  // Where the exponential vanishes.
  cases.push_back({{{{4}, {}, {}, {-800.0, -30.0, 60.0, 800.0}}}});
  return cases;
}

}  // namespace castalia
