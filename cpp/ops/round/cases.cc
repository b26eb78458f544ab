#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> round_cases() {
  return unary_cases(
      {.low = -4.0, .high = 4.0, .kinks = {-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5}});
}

}  // namespace castalia
