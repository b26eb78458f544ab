// The shorter formats in which products may read float32 operands.
#ifndef CASTALIA_CPP_OPS_PRODUCT_ROUNDING_CUDA_H_
#define CASTALIA_CPP_OPS_PRODUCT_ROUNDING_CUDA_H_

#include <bit>
#include <cstdint>

#include "cpp/base/anywhere.h"
#include "cpp/runtime/kernel.h"

namespace castalia {

// How many of the 23 bits of mantissa in memory a format does without.
inline int dropped_bits(Products products) {
  switch (products) {
    case Products::float32: return 0;
    case Products::bfloat16:
    case Products::bfloat16_emulated: return 16;
    case Products::tf32: return 13;
  }
  return 0;
}

// To the nearest number without the last `dropped` bits, ties to even; NaN stays NaN, and what is
// too large becomes infinite.
CASTALIA_ANYWHERE inline float rounded_product_operand(float x, int dropped) {
  if (dropped == 0) return x;
  const auto bits = std::bit_cast<uint32_t>(x);
  const uint32_t unit = uint32_t{1} << dropped;
  if ((bits & 0x7FFFFFFF) > 0x7F800000) return x;  // NaN; adding to it could carry it to infinity
  const uint32_t even = bits >> dropped & 1;
  return std::bit_cast<float>((bits + (unit / 2 - 1) + even) & ~(unit - 1));
}
CASTALIA_ANYWHERE inline double rounded_product_operand(double x, int) { return x; }

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_PRODUCT_ROUNDING_CUDA_H_
