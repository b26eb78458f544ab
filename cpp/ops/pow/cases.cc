#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> pow_cases() {
  return binary_cases({.low = 0.2, .high = 3.0}, {.low = -2.0, .high = 2.0});
}

}  // namespace castalia
