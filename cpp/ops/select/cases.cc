#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> select_cases() {
  return ternary_cases({.low = 0.0, .high = 1.0, .integral = true}, {.low = -2.0, .high = 2.0},
                       {.low = -2.0, .high = 2.0});
}

}  // namespace castalia
