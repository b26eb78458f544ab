#include "cpp/ops/segment_cases.h"

namespace castalia {

std::vector<Case> segment_cases() {
  // x (ids' shape, columns): -1 is out of range.
  const auto numbered = [](const Shape& x, const Shape& ids, DType dtype, int64_t segments) {
    const Domain number{.low = -1.4, .high = static_cast<double>(segments) - 0.6, .integral = true};
    return Case{{{.shape = x}, {.shape = ids, .domain = number, .dtype = dtype}},
                {{"segments", segments}}};
  };
  return {
      numbered({1}, {1}, DType::int32, 1),           numbered({9, 3}, {9}, DType::int32, 4),
      numbered({40, 2, 3}, {40}, DType::int64, 5),   numbered({6, 5, 7}, {6, 5}, DType::int64, 3),
      numbered({300, 33}, {300}, DType::int32, 200), numbered({12}, {12}, DType::int32, 30),
      numbered({0, 3}, {0}, DType::int32, 4),        numbered({5, 3}, {5}, DType::int32, 0),
      numbered({5, 0}, {5}, DType::int32, 2),
  };
}

}  // namespace castalia
