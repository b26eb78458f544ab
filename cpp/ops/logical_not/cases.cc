#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> logical_not_cases() {
  return unary_cases({.low = -1.0, .high = 1.0, .integral = true});
}

}  // namespace castalia
