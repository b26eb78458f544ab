#include "cpp/ops/cases.h"

namespace castalia {

namespace {

Case mean_over(const Shape& shape, std::vector<int64_t> axes, bool keep, DType dtype) {
  return {{{shape, {.low = -2.0, .high = 2.0}}},
          {{"axes", axes},
           {"keep", static_cast<int64_t>(keep)},
           {"dtype", static_cast<int64_t>(dtype)}}};
}

}  // namespace

std::vector<Case> mean_cases() {
  std::vector<Case> cases;
  for (const DType dtype : {DType::float32, DType::float64}) {
    cases.push_back(mean_over({7}, {0}, false, dtype));
    cases.push_back(mean_over({4, 9}, {1}, true, dtype));
    cases.push_back(mean_over({4, 9}, {0}, false, dtype));
    cases.push_back(mean_over({4, 9}, {0, 1}, false, dtype));
    cases.push_back(mean_over({3, 4, 5}, {1}, true, dtype));
    cases.push_back(mean_over({3, 4, 5}, {0, 2}, false, dtype));
    cases.push_back(mean_over({1, 1}, {0}, true, dtype));
    cases.push_back(mean_over({0, 4}, {1}, true, dtype));
    cases.push_back(mean_over({130, 67}, {1}, true, dtype));
    cases.push_back(mean_over({1025, 3}, {0}, true, dtype));
  }
  return cases;
}

}  // namespace castalia
