#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> layer_norm_cases() {
  const Domain x{.low = -1.5, .high = 2.5};
  const Domain scale{.low = 0.5, .high = 1.5};
  const auto attributes = [](int64_t axes) {
    return Attributes{{"epsilon", 1e-5}, {"axes", axes}};
  };
  return {
      {{{{7}, x}}, attributes(1)},
      {{{{1, 1}, x}, {{1}, scale}, {{1}}}, {{"epsilon", 1e-2}, {"axes", int64_t{1}}}},
      {{{{5, 9}, x}, {{9}, scale}}, attributes(1)},
      {{{{3, 4, 33}, x}, {{33}, scale}, {{33}}}, attributes(1)},
      {{{{6, 4, 5}, x}, {{4, 5}, scale}, {{4, 5}}}, attributes(2)},
      {{{{0, 8}, x}, {{8}, scale}, {{8}}}, attributes(1)},
      {{{{700, 31}, x}, {{31}, scale}, {{31}}}, attributes(1)},
  };
}

}  // namespace castalia
