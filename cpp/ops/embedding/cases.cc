#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> embedding_cases() {
  const Domain entry{.low = -0.4, .high = 4.4, .integral = true};
  const auto indices = [&](const Shape& shape, DType dtype) {
    return CaseOperand{.shape = shape, .domain = entry, .dtype = dtype};
  };
  return {
      {{{{5, 3}}, indices({}, DType::int32)}},
      {{{{5, 3}}, indices({7}, DType::int32)}},
      {{{{5, 2, 4}}, indices({3, 2}, DType::int64)}},
      {{{{5}}, indices({9}, DType::int64)}},
      {{{{5, 33}}, indices({300}, DType::int32)}},
      {{{{5, 3}}, indices({0}, DType::int32)}},
      {{{{5, 0}}, indices({4}, DType::int32)}},
      // Out of range.
      {{{{3, 2}}, {.shape = {4}, .dtype = DType::int32, .values = {-1, 3, 1, 1000000}}}},
  };
}

}  // namespace castalia
