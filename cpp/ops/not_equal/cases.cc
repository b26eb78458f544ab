#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> not_equal_cases() {
  return binary_cases({.low = -1.0, .high = 1.0, .integral = true},
                      {.low = -1.0, .high = 1.0, .integral = true});
}

}  // namespace castalia
