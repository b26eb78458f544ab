#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> less_equal_cases() {
  return binary_cases({.low = -3.0, .high = 3.0, .integral = true},
                      {.low = -3.0, .high = 3.0, .integral = true});
}

}  // namespace castalia
