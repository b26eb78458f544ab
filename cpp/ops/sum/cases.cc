#include "cpp/ops/cases.h"

namespace castalia {

namespace {

Case sum_over(const Shape& shape, std::vector<int64_t> axes, bool keep, DType dtype) {
  return {{{shape, {.low = -2.0, .high = 2.0}}},
          {{"axes", axes},
           {"keep", static_cast<int64_t>(keep)},
           {"dtype", static_cast<int64_t>(dtype)}}};
}

}  // namespace

std::vector<Case> sum_cases() {
  std::vector<Case> cases;
  for (const DType dtype : {DType::float32, DType::float64}) {
    cases.push_back(sum_over({7}, {0}, false, dtype));
    cases.push_back(sum_over({4, 9}, {1}, true, dtype));
    cases.push_back(sum_over({4, 9}, {0}, false, dtype));
    cases.push_back(sum_over({4, 9}, {0, 1}, false, dtype));
    cases.push_back(sum_over({3, 4, 5}, {1}, true, dtype));
    cases.push_back(sum_over({3, 4, 5}, {0, 2}, false, dtype));
    cases.push_back(sum_over({2, 3, 4, 5, 2}, {0, 2, 4}, false, dtype));
    cases.push_back(sum_over({3, 2, 3, 2, 3, 2, 3}, {1, 3, 5}, true, dtype));
    cases.push_back(sum_over({2, 3, 2, 3, 2, 3, 2, 3}, {0, 2, 4, 6}, false, dtype));
    cases.push_back(sum_over({2, 3, 0, 5, 2}, {0, 2, 4}, false, dtype));
    cases.push_back(sum_over({2, 0, 2, 5, 2}, {0, 2, 4}, false, dtype));
    cases.push_back(sum_over({1, 1}, {0}, true, dtype));
    cases.push_back(sum_over({0, 4}, {1}, true, dtype));
    // The sum of nothing is zero.
    cases.push_back(sum_over({3, 0}, {1}, true, dtype));
    cases.push_back(sum_over({0, 3}, {0}, false, dtype));
    cases.push_back(sum_over({130, 67}, {1}, true, dtype));
    cases.push_back(sum_over({1025, 3}, {0}, true, dtype));
  }
  return cases;
}

}  // namespace castalia
