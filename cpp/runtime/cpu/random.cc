#include "cpp/runtime/cpu/random.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include "cpp/base/normal_quantile.h"
#include "cpp/runtime/cpu/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/random.cc"
// clang-format off: the order matters, the file is compiled once for each target
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

#ifndef CASTALIA_CPP_RUNTIME_CPU_RANDOM_ONCE_
#define CASTALIA_CPP_RUNTIME_CPU_RANDOM_ONCE_
namespace castalia::cpu {
namespace {

// Blocks of two draws that are made together.
constexpr int64_t kChunk = 64;

// Writes the draws of consecutive blocks to their places: a row has (features + 1) / 2 blocks, and
// the last draw of an odd row is left out.
template <typename T>
class RowWriter {
 public:
  RowWriter(int64_t features, T* out) : features_(features), out_(out) {}

  // `count` draws, an even number.
  void write(const T* draws, int64_t count) {
    if (features_ % 2 == 0) {
      out_ = std::copy_n(draws, count, out_);
      return;
    }
    while (count > 0) {
      const int64_t left = features_ + 1 - column_;  // with the one that is left out
      const int64_t taken = std::min(left, count);
      out_ = std::copy_n(draws, taken == left ? taken - 1 : taken, out_);
      draws += taken;
      count -= taken;
      column_ = taken == left ? 0 : column_ + taken;
    }
  }

 private:
  int64_t features_;
  T* out_;
  int64_t column_ = 0;
};

}  // namespace
}  // namespace castalia::cpu
#endif  // CASTALIA_CPP_RUNTIME_CPU_RANDOM_ONCE_

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET != HWY_SCALAR

using DU = hn::ScalableTag<uint64_t>;
using DD = hn::ScalableTag<double>;
using VU = hn::Vec<DU>;
using VD = hn::Vec<DD>;

// The product of the lower halves.
HWY_INLINE VU multiply(VU a, VU b) {
  const hn::Repartition<uint32_t, DU> d32;
  return hn::MulEven(hn::BitCast(d32, a), hn::BitCast(d32, b));
}

// philox() of cpp/base/philox.cc, a block in every lane. Words stand in the lower halves; what the
// upper halves hold does not matter until the end.
HWY_INLINE void philox_blocks(const Stream& stream, VU event, VU block, VU* even, VU* odd) {
  const DU d;
  const VU low_half = hn::Set(d, 0xffffffff);
  VU c0 = event;
  VU c1 = hn::ShiftRight<32>(event);
  VU c2 = hn::Set(d, stream.stage | static_cast<uint64_t>(stream.particle) << 16);
  VU c3 = block;
  uint32_t key0 = static_cast<uint32_t>(stream.seed);
  uint32_t key1 = static_cast<uint32_t>(stream.seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const VU product0 = multiply(c0, hn::Set(d, 0xD2511F53));
    const VU product1 = multiply(c2, hn::Set(d, 0xCD9E8D57));
    c0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product1), c1), hn::Set(d, key0));
    c1 = product1;
    c2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(product0), c3), hn::Set(d, key1));
    c3 = product0;
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  *even = hn::Or(hn::And(c0, low_half), hn::ShiftLeft<32>(c1));
  *odd = hn::Or(hn::And(c2, low_half), hn::ShiftLeft<32>(c3));
}

// uniform(bits): exact, by way of 2^84 and 2^52, whose mantissas take the two halves.
HWY_INLINE VD uniform_of_bits(VU bits) {
  const DU d;
  const DD dd;
  const VU whole = hn::Or(hn::ShiftRight<11>(bits), hn::Set(d, 1));
  const VU low = hn::And(whole, hn::Set(d, 0xffffffff));
  const VD high_part =
      hn::BitCast(dd, hn::Or(hn::ShiftRight<32>(whole), hn::BitCast(d, hn::Set(dd, 0x1p84))));
  const VD low_part = hn::BitCast(dd, hn::Or(low, hn::BitCast(d, hn::Set(dd, 0x1p52))));
  const VD value = hn::Add(hn::Sub(high_part, hn::Set(dd, 0x1p84 + 0x1p52)), low_part);
  return hn::Mul(value, hn::Set(dd, 0x1p-53));
}

// The uniform draws of `count` blocks; count is a multiple of every vector's length.
void uniform_blocks(const Stream& stream, const uint64_t* events, const uint64_t* blocks,
                    int64_t count, double* draws) {
  const DU d;
  const DD dd;
  for (int64_t i = 0; i < count; i += static_cast<int64_t>(hn::Lanes(d))) {
    VU even, odd;
    philox_blocks(stream, hn::Load(d, events + i), hn::Load(d, blocks + i), &even, &odd);
    hn::StoreInterleaved2(uniform_of_bits(even), uniform_of_bits(odd), dd, draws + 2 * i);
  }
}

#if HWY_NATIVE_FMA

HWY_INLINE VD horner(const NormalCoefficients& coefficients, VD x) {
  const DD dd;
  VD sum = hn::Set(dd, coefficients[0]);
  for (size_t i = 1; i < coefficients.size(); ++i) {
    sum = hn::MulAdd(sum, x, hn::Set(dd, coefficients[i]));
  }
  return sum;
}

// The quantiles of those draws that lie in the tails, given by their places.
void tail_quantiles(const double* uniforms, const int64_t* places, int64_t count,
                    double* quantiles) {
  const DD dd;
  HWY_ALIGN double roots[2 * kChunk];
  for (int64_t i = 0; i < count; ++i) {
    const double u = uniforms[places[i]];
    roots[i] = normal_tail_root(u < 0.5 ? u : 1.0 - u);
  }
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(dd));
  std::fill(roots + count, roots + (count + lanes - 1) / lanes * lanes, 1.6);
  HWY_ALIGN double magnitudes[2 * kChunk];
  for (int64_t i = 0; i < count; i += lanes) {
    const VD x = hn::Sub(hn::Load(dd, roots + i), hn::Set(dd, 1.6));
    hn::Store(hn::Div(horner(normal_tail_numerator(), x), horner(normal_tail_denominator(), x)), dd,
              magnitudes + i);
  }
  for (int64_t i = 0; i < count; ++i) {
    const double u = uniforms[places[i]];
    quantiles[places[i]] =
        roots[i] <= 5.0 ? std::copysign(magnitudes[i], u - 0.5) : normal_quantile(u);
  }
}

// normal_quantile() of at most 2 kChunk uniform draws.
void normal_quantiles(const double* uniforms, int64_t count, double* quantiles) {
  const DD dd;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(dd));
  int64_t tails[2 * kChunk];
  int64_t tail_count = 0;
  for (int64_t i = 0; i < count; i += lanes) {
    const VD q = hn::Sub(hn::Load(dd, uniforms + i), hn::Set(dd, 0.5));
    const VD r = hn::NegMulAdd(q, q, hn::Set(dd, 0.180625));
    const VD quotient =
        hn::Div(horner(normal_centre_numerator(), r), horner(normal_centre_denominator(), r));
    hn::Store(hn::Mul(q, quotient), dd, quantiles + i);
  }
  for (int64_t i = 0; i < count; ++i) {
    tails[tail_count] = i;
    tail_count += std::abs(uniforms[i] - 0.5) > 0.425 ? 1 : 0;
  }
  tail_quantiles(uniforms, tails, tail_count, quantiles);
}

#else

// Without fused multiplication the vectors' bits would differ.
void normal_quantiles(const double* uniforms, int64_t count, double* quantiles) {
  std::transform(uniforms, uniforms + count, quantiles, normal_quantile);
}

#endif

template <bool kNormal, typename T>
void fill_rows(const Stream& first, int64_t rows, int64_t features, T* out) {
  HWY_ALIGN uint64_t events[kChunk];
  HWY_ALIGN uint64_t blocks[kChunk];
  HWY_ALIGN double draws[2 * kChunk];
  HWY_ALIGN double quantiles[2 * kChunk];
  T converted[2 * kChunk];
  const auto blocks_per_row = static_cast<uint64_t>((features + 1) / 2);
  int64_t left = rows * static_cast<int64_t>(blocks_per_row);
  uint64_t event = first.event;
  uint64_t block = 0;
  RowWriter<T> writer(features, out);
  for (; left > 0; left -= kChunk) {
    // Behind the last block come some that nobody asked for.
    for (int64_t i = 0; i < kChunk; ++i) {
      events[i] = event;
      blocks[i] = block;
      if (++block == blocks_per_row) {
        block = 0;
        ++event;
      }
    }
    const int64_t count = std::min(left, kChunk);
    constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(DD()));
    const int64_t padded = (count + kLanes - 1) / kLanes * kLanes;
    uniform_blocks(first, events, blocks, padded, draws);
    if constexpr (kNormal) normal_quantiles(draws, 2 * padded, quantiles);
    for (int64_t i = 0; i < 2 * count; ++i) {
      converted[i] = static_cast<T>(kNormal ? quantiles[i] : draws[i]);
      if constexpr (!kNormal && sizeof(T) == 4) {
        converted[i] = std::min(converted[i], 0x1.fffffep-1f);  // a draw lies below 1
      }
    }
    writer.write(converted, 2 * count);
  }
}

#else  // HWY_SCALAR

template <bool kNormal, typename T>
void fill_rows(const Stream& first, int64_t rows, int64_t features, T* out) {
  Stream stream = first;
  for (int64_t row = 0; row < rows; ++row, ++stream.event, out += features) {
    const std::span<T> to(out, static_cast<size_t>(features));
    if constexpr (kNormal) {
      fill_normal(stream, to);
    } else {
      fill_uniform(stream, to);
    }
  }
}

#endif

void uniform_float(const Stream& first, int64_t rows, int64_t features, float* out) {
  fill_rows<false>(first, rows, features, out);
}
void uniform_double(const Stream& first, int64_t rows, int64_t features, double* out) {
  fill_rows<false>(first, rows, features, out);
}
void normal_float(const Stream& first, int64_t rows, int64_t features, float* out) {
  fill_rows<true>(first, rows, features, out);
}
void normal_double(const Stream& first, int64_t rows, int64_t features, double* out) {
  fill_rows<true>(first, rows, features, out);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace castalia::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {
namespace {

HWY_EXPORT(uniform_float);
HWY_EXPORT(uniform_double);
HWY_EXPORT(normal_float);
HWY_EXPORT(normal_double);

}  // namespace

template <>
void fill_uniform_rows(const Stream& first, int64_t rows, int64_t features, float* out) {
  ensure_dispatch();
  HWY_DYNAMIC_DISPATCH(uniform_float)(first, rows, features, out);
}
template <>
void fill_uniform_rows(const Stream& first, int64_t rows, int64_t features, double* out) {
  ensure_dispatch();
  HWY_DYNAMIC_DISPATCH(uniform_double)(first, rows, features, out);
}
template <>
void fill_normal_rows(const Stream& first, int64_t rows, int64_t features, float* out) {
  ensure_dispatch();
  HWY_DYNAMIC_DISPATCH(normal_float)(first, rows, features, out);
}
template <>
void fill_normal_rows(const Stream& first, int64_t rows, int64_t features, double* out) {
  ensure_dispatch();
  HWY_DYNAMIC_DISPATCH(normal_double)(first, rows, features, out);
}

}  // namespace castalia::cpu
#endif  // HWY_ONCE
