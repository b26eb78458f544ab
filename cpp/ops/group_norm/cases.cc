#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> group_norm_cases() {
  const Domain x{.low = -1.5, .high = 2.5};
  const Domain scale{.low = 0.5, .high = 1.5};
  const auto attributes = [](int64_t groups) {
    return Attributes{{"epsilon", 1e-5}, {"groups", groups}};
  };
  return {
      {{{{1, 2}, x}}, attributes(1)},
      {{{{3, 7, 6}, x}, {{6}, scale}}, attributes(3)},
      {{{{2, 4, 5, 8}, x}, {{8}, scale}, {{8}}}, attributes(2)},
      {{{{2, 2, 3, 2, 12}, x}, {{12}, scale}, {{12}}}, attributes(4)},
      {{{{5, 12}, x}, {{12}, scale}, {{12}}}, attributes(4)},
      {{{{0, 3, 4}, x}, {{4}, scale}, {{4}}}, attributes(2)},
  };
}

}  // namespace castalia
