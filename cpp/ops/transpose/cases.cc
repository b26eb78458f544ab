#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> transpose_cases() {
  return {
      {{{{3, 5}}}, {{"permutation", std::vector<int64_t>{1, 0}}}},
      {{{{1, 7}}}, {{"permutation", std::vector<int64_t>{1, 0}}}},
      {{{{0, 4}}}, {{"permutation", std::vector<int64_t>{1, 0}}}},
      {{{{2, 3, 5}}}, {{"permutation", std::vector<int64_t>{2, 0, 1}}}},
      {{{{2, 3, 5}}}, {{"permutation", std::vector<int64_t>{0, 2, 1}}}},
      {{{{2, 3, 4, 5}}}, {{"permutation", std::vector<int64_t>{3, 1, 0, 2}}}},
      {{{{65, 130}}}, {{"permutation", std::vector<int64_t>{1, 0}}}},
      {{{{}}}, {{"permutation", std::vector<int64_t>{}}}},
  };
}

}  // namespace castalia
