#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> upsample_nearest_cases() {
  const auto by = [](std::vector<int64_t> factors) {
    return Attributes{{"factors", std::move(factors)}};
  };
  return {
      {{{{1, 1, 1}}}, by({1})},        {{{{2, 5, 3}}}, by({4})},
      {{{{3, 4, 5, 17}}}, by({2, 3})}, {{{{2, 2, 3, 2, 4}}}, by({2, 1, 3})},
      {{{{0, 4, 4, 2}}}, by({2, 2})},  {{{{2, 3, 3, 0}}}, by({2, 2})},
  };
}

}  // namespace castalia
