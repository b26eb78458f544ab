#include "cpp/ops/monotone_cases.h"

namespace castalia {

std::vector<Case> monotone_cases(const Attributes& attributes, int64_t parameters, double range,
                                 const std::vector<double>& kinks) {
  const auto monotone_case = [&](int64_t rows, int64_t features) {
    return Case{.operands = {{.shape = {rows, features},
                              .domain = {.low = -range, .high = range, .kinks = kinks}},
                             {.shape = {rows, features * parameters},
                              .domain = {.low = -1.0, .high = 1.0}}},
                .attributes = attributes};
  };
  return {monotone_case(1, 1), monotone_case(7, 3), monotone_case(33, 6), monotone_case(0, 3)};
}

std::vector<Case> all_cases(std::vector<Case> first, const std::vector<Case>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace castalia
