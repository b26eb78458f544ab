#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> floor_cases() {
  return unary_cases(
      {.low = -4.0, .high = 4.0, .kinks = {-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0}});
}

}  // namespace castalia
