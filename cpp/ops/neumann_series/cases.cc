#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> neumann_series_cases() {
  const auto attributes = [](int64_t sure, double proceed) {
    return Attributes{{"sure", sure}, {"proceed", proceed}};
  };
  // So small that the products are contractions.
  const auto weight = [](int64_t inputs, int64_t outputs) {
    return CaseOperand{{inputs, outputs}, {.low = -0.3, .high = 0.3}};
  };
  // Few terms for sure and a few more, the same in both precisions.
  const auto uniform = [](std::vector<double> values) {
    const auto rows = static_cast<int64_t>(values.size());
    return CaseOperand{.shape = {rows, 1}, .values = std::move(values)};
  };
  return {
      {{{{1, 1}}, uniform({0.4}), weight(1, 1)}, attributes(1, 0.5)},
      {{{{3, 2}}, uniform({1.0, 0.2, 0.03}), weight(2, 5), {{3, 5}}, weight(5, 2)},
       attributes(2, 0.6)},
      {{{{5, 3}},
        uniform({0.9, 0.7, 0.41, 0.1, 1e-4}),
        weight(3, 7),
        {{5, 7}},
        weight(7, 4),
        {{5, 4}},
        weight(4, 3)},
       attributes(3, 0.7)},
      // No rows, and no columns.
      {{{{0, 2}}, {{0, 1}}, weight(2, 5), {{0, 5}}, weight(5, 2)}, attributes(2, 0.5)},
      {{{{2, 0}}, uniform({0.9, 0.3}), weight(0, 5), {{2, 5}}, weight(5, 0)}, attributes(2, 0.5)},
  };
}

}  // namespace castalia
