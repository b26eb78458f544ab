#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> divide_cases() {
  return binary_cases({.low = -2.0, .high = 2.0}, {.low = 0.5, .high = 2.5});
}

}  // namespace castalia
