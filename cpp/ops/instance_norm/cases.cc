#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> instance_norm_cases() {
  const Domain x{.low = -1.5, .high = 2.5};
  const Domain scale{.low = 0.5, .high = 1.5};
  const Attributes attributes{{"epsilon", 1e-3}};
  return {
      {{{{1, 1, 1}, x}}, attributes},
      {{{{3, 7, 3}, x}, {{3}, scale}}, attributes},
      {{{{2, 4, 5, 8}, x}, {{8}, scale}, {{8}}}, attributes},
      {{{{2, 2, 3, 4, 1}, x}, {{1}, scale}, {{1}}}, attributes},
      {{{{0, 3, 4}, x}, {{4}, scale}, {{4}}}, attributes},
  };
}

}  // namespace castalia
