#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> atan2_cases() {
  return binary_cases({.low = -2.0, .high = 2.0, .kinks = {0.0}},
                      {.low = -2.0, .high = 2.0, .kinks = {0.0}});
}

}  // namespace castalia
