#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> swish_cases() {
  return binary_cases({.low = -3.0, .high = 3.0}, {.low = 0.3, .high = 2.0});
}

}  // namespace castalia
