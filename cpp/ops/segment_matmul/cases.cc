#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> segment_matmul_cases() {
  // -1 is out of range.
  const auto numbered = [](int64_t rows, const Shape& matrices, bool transpose, DType dtype) {
    const Domain number{
        .low = -1.4, .high = static_cast<double>(matrices[0]) - 0.6, .integral = true};
    return Case{{{{rows, matrices[transpose ? 2 : 1]}},
                 {matrices},
                 {.shape = {rows}, .domain = number, .dtype = dtype}},
                {{"transpose", static_cast<int64_t>(transpose)}}};
  };
  return {
      numbered(1, {1, 1, 1}, false, DType::int64),
      numbered(9, {3, 4, 5}, false, DType::int32),
      numbered(9, {3, 4, 5}, true, DType::int64),
      numbered(600, {7, 3, 9}, false, DType::int64),  // more rows than a tile has
      numbered(40, {2, 33, 17}, true, DType::int32),
      numbered(5, {30, 2, 3}, false, DType::int32),
      numbered(0, {3, 2, 3}, false, DType::int32),
      numbered(5, {0, 2, 3}, false, DType::int32),
      numbered(5, {3, 0, 2}, false, DType::int32),
      numbered(5, {3, 2, 0}, false, DType::int32),
      // Out of range.
      {{{{3, 2}}, {{2, 2, 2}}, {.shape = {3}, .dtype = DType::int32, .values = {-1, 2, 1000000}}},
       {{"transpose", int64_t{0}}}},
  };
}

}  // namespace castalia
