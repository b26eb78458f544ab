#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> interpolate_transpose_cases() {
  const auto along = [](int64_t axis, int64_t elements) {
    return Attributes{{"axis", axis}, {"elements", elements}};
  };
  return {
      {{{{1}}}, along(0, 1)},        {{{{4, 3}}}, along(0, 1)},     {{{{12}}}, along(0, 5)},
      {{{{3, 14, 5}}}, along(1, 7)}, {{{{3, 4, 17}}}, along(1, 7)}, {{{{2, 3, 9, 2}}}, along(2, 4)},
      {{{{0, 8, 3}}}, along(1, 4)},  {{{{2, 8, 0}}}, along(1, 4)},
  };
}

}  // namespace castalia
