#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> polygamma_cases() {
  return binary_cases({.low = 0.0, .high = 3.0, .integral = true}, {.low = 0.5, .high = 6.0});
}

}  // namespace castalia
