#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> silu_derivative_cases() {
  std::vector<Case> cases = unary_cases({.low = -4.0, .high = 4.0});
  // Where an exponential overflows or vanishes.
  cases.push_back({{{{5}, {}, {}, {-800.0, -120.0, 60.0, 700.0, 800.0}}}});
  return cases;
}

}  // namespace castalia
