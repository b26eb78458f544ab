#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> upsample_linear_cases() {
  const auto to = [](std::vector<int64_t> extents) {
    return Attributes{{"extents", std::move(extents)}};
  };
  return {
      {{{{1, 1, 1}}}, to({3})},        {{{{2, 5, 3}}}, to({5})},
      {{{{3, 4, 5, 17}}}, to({8, 3})}, {{{{2, 2, 3, 2, 4}}}, to({4, 6, 5})},
      {{{{0, 4, 4, 2}}}, to({8, 8})},
  };
}

}  // namespace castalia
