#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> elu_cases() {
  return binary_cases({.low = -2.0, .high = 2.0, .kinks = {0.0}}, {.low = 0.5, .high = 1.5});
}

}  // namespace castalia
