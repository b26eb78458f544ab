#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> logsumexp_cases() {
  return {
      {{{{7}, {.low = -3.0, .high = 3.0}}}},
      {{{{4, 9}, {.low = -3.0, .high = 3.0}}}},
      {{{{2, 3, 5}, {.low = -3.0, .high = 3.0}}}},
      {{{{5, 1}, {.low = -3.0, .high = 3.0}}}},
      {{{{0, 4}, {.low = -3.0, .high = 3.0}}}},
      {{{{33, 65}, {.low = -30.0, .high = 30.0}}}},
      // Logits beyond the range of exp.
      {{{{2, 3}, {}, {}, {800.0, 799.0, -500.0, -900.0, -901.0, -900.5}}}},
  };
}

}  // namespace castalia
