#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> minimum_cases() {
  return binary_cases({.low = -2.0, .high = 2.0}, {.low = -2.0, .high = 2.0});
}

}  // namespace castalia
