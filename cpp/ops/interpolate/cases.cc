#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> interpolate_cases() {
  const auto along = [](int64_t axis, int64_t points) {
    return Attributes{{"axis", axis}, {"points", points}};
  };
  return {
      {{{{1}}}, along(0, 1)},        {{{{1, 3}}}, along(0, 4)},     {{{{5}}}, along(0, 12)},
      {{{{3, 7, 5}}}, along(1, 14)}, {{{{3, 7, 17}}}, along(1, 4)}, {{{{2, 3, 4, 2}}}, along(2, 9)},
      {{{{0, 4, 3}}}, along(1, 8)},  {{{{2, 4, 0}}}, along(1, 8)},
  };
}

}  // namespace castalia
