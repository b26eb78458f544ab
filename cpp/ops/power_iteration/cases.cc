#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> power_iteration_cases() {
  const Domain positive{.low = 0.1, .high = 1.0};
  const auto steps = [](int64_t iterations) { return Attributes{{"iterations", iterations}}; };
  return {
      {{{{1, 1}, positive}, {{1}, positive}}, steps(1)},
      {{{{5, 3}}, {{5}}}, steps(1)},
      {{{{3, 19}}, {{3}}}, steps(4)},
      {{{{64, 33}}, {{64}}}, steps(2)},
      // No elements, and nothing but zeros.
      {{{{3, 0}}, {{3}}}, steps(1)},
      {{{{3, 2}, {.low = 0, .high = 0}}, {{3}}}, steps(3)},
  };
}

}  // namespace castalia
