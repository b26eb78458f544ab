#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> leaky_relu_cases() {
  return binary_cases({.low = -2.0, .high = 2.0, .kinks = {0.0}}, {.low = 0.05, .high = 0.5});
}

}  // namespace castalia
