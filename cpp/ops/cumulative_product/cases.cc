#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> cumulative_product_cases() {
  const Domain x{.low = 0.5, .high = 1.5};
  return {
      {{{{7}, x}}},       {{{{4, 9}, x}}},
      {{{{2, 3, 5}, x}}}, {{{{5, 1}, x}}},
      {{{{0, 4}, x}}},    {{{{4, 0}, x}}},
      {{{{130, 67}, x}}}, {{{{2, 4}, {}, {}, {2.0, 0.0, 3.0, 1.5, 0.0, 1.0, 0.0, 2.0}}}},
  };
}

}  // namespace castalia
