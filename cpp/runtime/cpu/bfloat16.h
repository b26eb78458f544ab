// bfloat16: the upper half of a float32. Eight bits of mantissa, the range of a float.
#ifndef CASTALIA_CPP_RUNTIME_CPU_BFLOAT16_H_
#define CASTALIA_CPP_RUNTIME_CPU_BFLOAT16_H_

#include <bit>
#include <cstdint>

namespace castalia::cpu {

using Bfloat16 = uint16_t;

// To nearest, ties to even; NaN stays NaN, and what is too large becomes infinite.
inline Bfloat16 to_bfloat16(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  constexpr uint32_t kInfinity = 0x7F800000;
  if ((bits & 0x7FFFFFFF) > kInfinity) return static_cast<Bfloat16>(bits >> 16 | 0x40);
  return static_cast<Bfloat16>((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

inline float from_bfloat16(Bfloat16 x) { return std::bit_cast<float>(uint32_t{x} << 16); }

inline float rounded_to_bfloat16(float x) { return from_bfloat16(to_bfloat16(x)); }

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_BFLOAT16_H_
