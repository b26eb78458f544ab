#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> barrier_cases() {
  std::vector<Case> cases = unary_cases({.low = -2.0, .high = 2.0});
  for (Case& one : cases) one.attributes = {{"number", int64_t{3}}};
  return cases;
}

}  // namespace castalia
