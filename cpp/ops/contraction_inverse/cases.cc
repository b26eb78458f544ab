#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> contraction_inverse_cases() {
  const auto attributes = [](const char* activation, double contraction) {
    return Attributes{{"activation", activation}, {"contraction", contraction}};
  };
  // So small that the products of the layers' norms are below the contraction.
  const auto weight = [](int64_t inputs, int64_t outputs) {
    return CaseOperand{{inputs, outputs}, {.low = -0.12, .high = 0.12}};
  };
  return {
      {{{{1, 1}}, weight(1, 1), {{1, 1}}}, attributes("tanh", 0.3)},
      {{{{3, 2}}, weight(2, 5), {{1, 5}}, weight(5, 2), {{1, 2}}}, attributes("lipswish", 0.5)},
      {{{{19, 3}}, weight(3, 7), {{19, 7}}, weight(7, 3), {{1, 3}}}, attributes("tanh", 0.5)},
      {{{{4, 3}}, weight(3, 9), {{1, 9}}, weight(9, 6), {{1, 6}}, weight(6, 3), {{1, 3}}},
       attributes("elu", 0.8)},
      // No rows, and no columns.
      {{{{0, 2}}, weight(2, 5), {{1, 5}}, weight(5, 2), {{1, 2}}}, attributes("lipswish", 0.5)},
      {{{{3, 0}}, weight(0, 5), {{1, 5}}, weight(5, 0), {{1, 0}}}, attributes("elu", 0.5)},
  };
}

}  // namespace castalia
