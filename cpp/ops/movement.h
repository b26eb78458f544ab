// Kernels that move elements and change none of them.
#ifndef CASTALIA_CPP_OPS_MOVEMENT_H_
#define CASTALIA_CPP_OPS_MOVEMENT_H_

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "cpp/base/dtype.h"
#include "cpp/base/shape.h"
#include "cpp/runtime/kernel.h"

namespace castalia {

// A run of bytes that every row of the output takes from the same row of an input.
struct RowPart {
  int input = 0;         // kZeros: no input, the run becomes zero
  int64_t from = 0;      // where it starts in the input's row, in bytes
  int64_t from_row = 0;  // the input's bytes per row
  int64_t length = 0;    // in bytes
};
inline constexpr int kZeros = -1;

// Each output row is its parts one after another.
std::unique_ptr<Kernel> make_row_copy(int64_t rows, std::vector<RowPart> parts);

// out in the order of its shape, read from the input with the given strides (in elements):
// transposes and broadcasts.
std::unique_ptr<Kernel> make_strided_copy(DType dtype, const Shape& shape,
                                          const std::array<int64_t, Shape::kMaxRank>& strides);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MOVEMENT_H_
