// SIMD loops over contiguous tiles, one for each element-wise operation and floating type.
#ifndef CASTALIA_CPP_RUNTIME_CPU_ELEMENTWISE_H_
#define CASTALIA_CPP_RUNTIME_CPU_ELEMENTWISE_H_

#include <cstddef>
#include <string_view>

#include "cpp/base/dtype.h"

namespace castalia::cpu {

// Computes `count` elements of `out` from as many of each operand. Whole vectors are processed: up
// to 64 bytes beyond the last element are read from every operand and overwritten in `out`. An
// operand may be `out` itself. Pointers need the alignment of an element only. Any thread.
using TileFunction = void (*)(const void* const* in, void* out, size_t count);

// The number of operands of an operation; 0 for one that does not exist.
int operand_count(std::string_view operation);

// The loop for operation and element type, for the instruction set of this machine; null where
// there is none. Operands and result have the same type. The operations:
//   copy neg abs sign sqrt square reciprocal floor round (half to even) exp log log1p expm1
//   tanh sigmoid softplus silu silu_derivative gelu gelu_derivative relu erf erfc
//   sin cos tan asin acos atan sinh cosh asinh atanh
//   lgamma digamma is_finite logical_not
//   add sub mul div maximum minimum atan2 pow (x, exponent) polygamma (order, x)
//   leaky_relu (x, slope) elu (x, alpha)
//   less less_equal greater greater_equal equal not_equal logical_and logical_or
//   select (condition, a, b)
// Truth values are 1 and 0; any number but 0 counts as true. maximum, minimum and relu give NaN for
// NaN; sign keeps it.
TileFunction tile_function(std::string_view operation, DType dtype);

// The loop that converts between float32 and float64 (or copies); null for other types. Here `out`
// may be the operand only if both types have the same size.
TileFunction cast_function(DType from, DType to);

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_ELEMENTWISE_H_
