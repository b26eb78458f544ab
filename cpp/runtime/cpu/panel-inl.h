// The panels that loops of products read: columns of a matrix, two vectors wide, copied so that
// what is needed together lies together.
//
// Include after hwy/foreach_target.h; the content is compiled once for each instruction set.
#if defined(CASTALIA_CPP_RUNTIME_CPU_PANEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CASTALIA_CPP_RUNTIME_CPU_PANEL_INL_H_
#undef CASTALIA_CPP_RUNTIME_CPU_PANEL_INL_H_
#else
#define CASTALIA_CPP_RUNTIME_CPU_PANEL_INL_H_
#endif

#include <cstdint>
#include <cstring>

#include "cpp/runtime/cpu/dispatch.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Rows of a product that are computed together.
#if HWY_TARGET == HWY_AVX3
constexpr int kRows = 12;  // 24 sums in 32 registers
#else
constexpr int kRows = 6;  // 12 sums in 16 registers
#endif
template <typename T>
using Tag = hn::ScalableTag<T>;

template <typename T>
HWY_INLINE int64_t lanes() {
  return static_cast<int64_t>(hn::Lanes(Tag<T>()));
}

// Copies count < 2 * Piece elements in pieces of fixed sizes: a few moves where memcpy is a call.
template <int Piece, typename T>
HWY_INLINE void copy_columns(const T* from, int64_t count, T* to) {
  if constexpr (Piece > 0) {
    if ((count & Piece) != 0) {
      std::memcpy(to, from, Piece * sizeof(T));
      from += Piece;
      to += Piece;
    }
    copy_columns<Piece / 2>(from, count, to);
  }
}

// Writes columns [0, count) of rows [0, k) of B, or of its transpose, as one panel [k, width],
// padded with zeros.
template <typename T>
void pack_panel(const T* b, int64_t ldb, bool transpose, int64_t k, int64_t count, int64_t width,
                T* HWY_RESTRICT panel) {
  if (!transpose) {
    const Tag<T> d;
    if (count == width) {
      const int64_t step = lanes<T>();
      for (int64_t p = 0; p < k; ++p) {
        hn::StoreU(hn::LoadU(d, b + p * ldb), d, panel + p * width);
        hn::StoreU(hn::LoadU(d, b + p * ldb + step), d, panel + p * width + step);
      }
      return;
    }
    constexpr int kHalf = static_cast<int>(hn::MaxLanes(Tag<T>()));
    for (int64_t p = 0; p < k; ++p) {
      T* to = panel + p * width;
      hn::StoreU(hn::Zero(d), d, to);
      hn::StoreU(hn::Zero(d), d, to + width / 2);
      copy_columns<kHalf>(b + p * ldb, count, to);
    }
    return;
  }
  int64_t j = 0;
#if HWY_TARGET != HWY_SCALAR
  // Squares of one 128-bit block's width are transposed in registers.
  constexpr int64_t kSide = 16 / static_cast<int64_t>(sizeof(T));
  const hn::FixedTag<T, kSide> d;
  for (; j + kSide <= count; j += kSide) {
    const T* from = b + j * ldb;
    int64_t p = 0;
    for (; p + kSide <= k; p += kSide) {
      T* to = panel + p * width + j;
      if constexpr (kSide == 4) {
        const auto r0 = hn::LoadU(d, from + p);
        const auto r1 = hn::LoadU(d, from + ldb + p);
        const auto r2 = hn::LoadU(d, from + 2 * ldb + p);
        const auto r3 = hn::LoadU(d, from + 3 * ldb + p);
        const auto low02 = hn::InterleaveLower(d, r0, r2);
        const auto low13 = hn::InterleaveLower(d, r1, r3);
        const auto high02 = hn::InterleaveUpper(d, r0, r2);
        const auto high13 = hn::InterleaveUpper(d, r1, r3);
        hn::StoreU(hn::InterleaveLower(d, low02, low13), d, to);
        hn::StoreU(hn::InterleaveUpper(d, low02, low13), d, to + width);
        hn::StoreU(hn::InterleaveLower(d, high02, high13), d, to + 2 * width);
        hn::StoreU(hn::InterleaveUpper(d, high02, high13), d, to + 3 * width);
      } else {
        const auto r0 = hn::LoadU(d, from + p);
        const auto r1 = hn::LoadU(d, from + ldb + p);
        hn::StoreU(hn::InterleaveLower(d, r0, r1), d, to);
        hn::StoreU(hn::InterleaveUpper(d, r0, r1), d, to + width);
      }
    }
    for (; p < k; ++p) {
      for (int64_t i = 0; i < kSide; ++i) panel[p * width + j + i] = from[i * ldb + p];
    }
  }
#endif
  for (; j < width; ++j) {
    for (int64_t p = 0; p < k; ++p) panel[p * width + j] = j < count ? b[j * ldb + p] : T(0);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace castalia::cpu
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
