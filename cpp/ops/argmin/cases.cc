#include "cpp/ops/cases.h"

#include <cmath>

namespace castalia {

std::vector<Case> argmin_cases() {
  return {
      {{{{7}, {}}}, {{"axis", int64_t{0}}, {"keep", int64_t{0}}}},
      {{{{4, 9}, {}}}, {{"axis", int64_t{1}}, {"keep", int64_t{1}}}},
      {{{{4, 9}, {}}}, {{"axis", int64_t{0}}, {"keep", int64_t{0}}}},
      {{{{3, 4, 5}, {}}}, {{"axis", int64_t{1}}, {"keep", int64_t{1}}}},
      {{{{5, 1}, {}}}, {{"axis", int64_t{1}}, {"keep", int64_t{1}}}},
      {{{{0, 4}, {}}}, {{"axis", int64_t{1}}, {"keep", int64_t{1}}}},
      {{{{3, 4, 0}, {}}}, {{"axis", int64_t{1}}, {"keep", int64_t{0}}}},
      {{{{130, 67}, {}}}, {{"axis", int64_t{1}}, {"keep", int64_t{1}}}},
      {{{{67, 41}, {}}}, {{"axis", int64_t{0}}, {"keep", int64_t{1}}}},
      {{{{3, 4}, {}, {}, {0.5, 2.0, -1.0, 2.0, -1.0, 3.0, -1.0, 3.0, 0.0, NAN, 5.0, NAN}}},
       {{"axis", int64_t{1}}, {"keep", int64_t{0}}}},
  };
}

}  // namespace castalia
