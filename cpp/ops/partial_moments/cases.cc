#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> partial_moments_cases() {
  const Domain x{.low = 1.0, .high = 3.0};
  return {
      {{{{1, 1}, x}}},    {{{{7, 5}, x}}},    {{{{16390, 1}, x}}},
      {{{{5500, 3}, x}}}, {{{{130, 64}, x}}}, {{{{300, 67}, x}}},
      {{{{70, 300}, x}}}, {{{{0, 4}, x}}},    {{{{3, 0}, x}}},
  };
}

}  // namespace castalia
