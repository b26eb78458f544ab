#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> segment_outer_cases() {
  // -1 is out of range.
  const auto numbered = [](int64_t rows, int64_t m, int64_t n, int64_t segments, DType dtype) {
    const Domain number{.low = -1.4, .high = static_cast<double>(segments) - 0.6, .integral = true};
    return Case{{{{rows, m}}, {{rows, n}}, {.shape = {rows}, .domain = number, .dtype = dtype}},
                {{"segments", segments}}};
  };
  return {
      numbered(1, 1, 1, 1, DType::int64),   numbered(9, 4, 5, 3, DType::int32),
      numbered(300, 3, 9, 7, DType::int64), numbered(40, 33, 17, 2, DType::int32),
      numbered(5, 2, 3, 30, DType::int32),  numbered(0, 2, 3, 3, DType::int32),
      numbered(5, 2, 3, 0, DType::int32),   numbered(5, 0, 3, 2, DType::int32),
      numbered(5, 2, 0, 2, DType::int32),
  };
}

}  // namespace castalia
