#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> assignment_cases() {
  return {
      {{{{1, 1, 1}}}},
      {{{{3, 2, 2}}}},
      {{{{2, 7, 7}}}},
      {{{{1, 33, 33}}}},
      {{{{1, 70, 70}}}},
      {{{{0, 4, 4}}}},
      {{{{2, 0, 0}}}},
      // The greedy choice, row by row, costs 11 here and not 5.
      {{{{1, 2, 2}, {}, {}, {1, 2, 3, 10}}}},
      // Sums of these overflow.
      {{{{1, 2, 2}, {}, {}, {-1e308, 1e308, -1e308, 1e308}}}},
  };
}

}  // namespace castalia
