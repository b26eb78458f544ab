#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> rms_norm_cases() {
  const Domain x{.low = -1.5, .high = 2.5};
  const Domain scale{.low = 0.5, .high = 1.5};
  const Attributes attributes{{"epsilon", 1e-6}};
  return {
      {{{{7}, x}}, attributes},
      {{{{1, 1}, {.low = 0.5, .high = 1.5}}, {{1}, scale}}, {{"epsilon", 1e-2}}},
      {{{{5, 9}, x}, {{9}, scale}}, attributes},
      {{{{3, 4, 33}, x}, {{33}, scale}}, attributes},
      {{{{0, 8}, x}, {{8}, scale}}, attributes},
      {{{{700, 31}, x}, {{31}, scale}}, attributes},
  };
}

}  // namespace castalia
