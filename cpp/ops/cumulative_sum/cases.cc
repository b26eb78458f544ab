#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> cumulative_sum_cases() {
  return {
      {{{{7}}}, {{"reverse", int64_t{0}}}},       {{{{4, 9}}}, {{"reverse", int64_t{0}}}},
      {{{{4, 9}}}, {{"reverse", int64_t{1}}}},    {{{{2, 3, 5}}}, {{"reverse", int64_t{1}}}},
      {{{{5, 1}}}, {{"reverse", int64_t{0}}}},    {{{{0, 4}}}, {{"reverse", int64_t{0}}}},
      {{{{2, 1500}}}, {{"reverse", int64_t{0}}}}, {{{{4, 0}}}, {{"reverse", int64_t{0}}}},
      {{{{130, 67}}}, {{"reverse", int64_t{1}}}},
  };
}

}  // namespace castalia
