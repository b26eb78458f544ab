#include "cpp/ops/cases.h"

#include <cmath>

namespace castalia {

std::vector<Case> searchsorted_cases() {
  return {
      {{{{5}, {}, {}, {-1.0, -0.5, 0.0, 0.25, 1.0}}, {{3, 7}}}, {{"right", int64_t{0}}}},
      {{{{3}, {}, {}, {0.0, 0.0, 1.0}}, {{6}, {}, {}, {-INFINITY, 0.0, 1.0, 0.5, INFINITY, NAN}}},
       {{"right", int64_t{0}}}},
      {{{{0}}, {{4}}}, {{"right", int64_t{0}}}},
      {{{{1}}, {{0, 3}}}, {{"right", int64_t{0}}}},
      {{{{2}, {}, {}, {-0.5, 0.5}}, {{130, 33}}}, {{"right", int64_t{0}}}},
      {{{{5}, {}, {}, {-1.0, -0.5, 0.0, 0.25, 1.0}}, {{3, 7}}}, {{"right", int64_t{1}}}},
      {{{{3}, {}, {}, {0.0, 0.0, 1.0}}, {{6}, {}, {}, {-INFINITY, 0.0, 1.0, 0.5, INFINITY, NAN}}},
       {{"right", int64_t{1}}}},
      {{{{0}}, {{4}}}, {{"right", int64_t{1}}}},
      {{{{1}}, {{0, 3}}}, {{"right", int64_t{1}}}},
      {{{{2}, {}, {}, {-0.5, 0.5}}, {{130, 33}}}, {{"right", int64_t{1}}}},
  };
}

}  // namespace castalia
