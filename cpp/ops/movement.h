// Kernels that move elements and change none of them.
#ifndef CASTALIA_CPP_OPS_MOVEMENT_H_
#define CASTALIA_CPP_OPS_MOVEMENT_H_

#include <array>
#include <cstdint>
#include <memory>

#include "cpp/base/dtype.h"
#include "cpp/base/shape.h"
#include "cpp/ops/row_parts.h"
#include "cpp/runtime/kernel.h"

namespace castalia {

// Each output row is its parts one after another.
std::unique_ptr<Kernel> make_row_copy(RowParts rows);

// out in the order of its shape, read from the input with the given strides (in elements):
// transposes and broadcasts.
std::unique_ptr<Kernel> make_strided_copy(DType dtype, const Shape& shape,
                                          const std::array<int64_t, Shape::kMaxRank>& strides);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MOVEMENT_H_
