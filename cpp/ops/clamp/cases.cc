#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> clamp_cases() {
  std::vector<Case> cases = unary_cases({.low = -2.0, .high = 2.0, .kinks = {-0.5, 1.0}});
  for (Case& one : cases) one.attributes = {{"low", -0.5}, {"high", 1.0}};
  return cases;
}

}  // namespace castalia
