#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> gelu_cases() {
  std::vector<Case> cases;
  for (const int64_t approximate : {0, 1}) {
    for (Case one : unary_cases({.low = -4.0, .high = 4.0})) {
      one.attributes = {{"approximate", approximate}};
      cases.push_back(one);
    }
    // Where the exponential vanishes.
    cases.push_back(
        {{{{4}, {}, {}, {-800.0, -30.0, 60.0, 800.0}}}, {{"approximate", approximate}}});
  }
  return cases;
}

}  // namespace castalia
