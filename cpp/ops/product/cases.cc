#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> product_cases() {
  return {
      {{{{7}, {.low = 0.5, .high = 1.5}}}, {{"axis", int64_t{0}}, {"keep", int64_t{0}}}},
      {{{{4, 9}, {.low = 0.5, .high = 1.5}}}, {{"axis", int64_t{1}}, {"keep", int64_t{1}}}},
      {{{{4, 9}, {.low = 0.5, .high = 1.5}}}, {{"axis", int64_t{0}}, {"keep", int64_t{0}}}},
      {{{{3, 4, 5}, {.low = 0.5, .high = 1.5}}}, {{"axis", int64_t{1}}, {"keep", int64_t{1}}}},
      {{{{5, 1}, {.low = 0.5, .high = 1.5}}}, {{"axis", int64_t{1}}, {"keep", int64_t{1}}}},
      {{{{0, 4}, {.low = 0.5, .high = 1.5}}}, {{"axis", int64_t{1}}, {"keep", int64_t{1}}}},
      {{{{3, 4, 0}, {.low = 0.5, .high = 1.5}}}, {{"axis", int64_t{1}}, {"keep", int64_t{0}}}},
      {{{{130, 67}, {.low = 0.5, .high = 1.5}}}, {{"axis", int64_t{1}}, {"keep", int64_t{1}}}},
      {{{{67, 41}, {.low = 0.5, .high = 1.5}}}, {{"axis", int64_t{0}}, {"keep", int64_t{1}}}},
      {{{{3, 0}, {.low = 0.5, .high = 1.5}}}, {{"axis", int64_t{1}}, {"keep", int64_t{1}}}},
      // One zero in a row, two, and none.
      {{{{3, 4}, {}, {}, {0.0, 2.0, -3.0, 0.5, 0.0, 2.0, 0.0, 4.0, 1.0, 2.0, 3.0, 4.0}}},
       {{"axis", int64_t{1}}, {"keep", int64_t{1}}}},
  };
}

}  // namespace castalia
