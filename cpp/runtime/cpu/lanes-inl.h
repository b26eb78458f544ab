// Rows of a matrix to lanes of vectors and back: lane i of column vector c is element c of row i.
//
// Include after cpp/runtime/cpu/dispatch.h and hwy/foreach_target.h; the content is compiled once
// for each instruction set.
#if defined(CASTALIA_CPP_RUNTIME_CPU_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CASTALIA_CPP_RUNTIME_CPU_LANES_INL_H_
#undef CASTALIA_CPP_RUNTIME_CPU_LANES_INL_H_
#else
#define CASTALIA_CPP_RUNTIME_CPU_LANES_INL_H_
#endif

#include <algorithm>
#include <cstddef>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
using Tag = hn::ScalableTag<T>;
template <typename T>
using Vector = hn::Vec<Tag<T>>;
template <typename T>
using Mask = hn::Mask<Tag<T>>;

// The first `used` elements; the other lanes are zero.
template <typename T>
HWY_INLINE Vector<T> load_some(const T* from, size_t used) {
  const Tag<T> d;
  if (HWY_LIKELY(used == hn::Lanes(d))) return hn::LoadU(d, from);
  HWY_ALIGN T lanes[hn::MaxLanes(d)] = {};
  std::copy_n(from, used, lanes);
  return hn::Load(d, lanes);
}

template <typename T>
HWY_INLINE void store_some(Vector<T> vector, T* to, size_t used) {
  const Tag<T> d;
  if (HWY_LIKELY(used == hn::Lanes(d))) return hn::StoreU(vector, d, to);
  HWY_ALIGN T lanes[hn::MaxLanes(d)];
  hn::Store(vector, d, lanes);
  std::copy_n(lanes, used, to);
}

#if HWY_TARGET != HWY_SCALAR
// Squares of 16 bytes by 16 bytes are exchanged, one in each block of 16 bytes.
template <typename T>
inline constexpr size_t kSquare = 16 / sizeof(T);

// Block b holds kSquare elements of row b * kSquare + first; row(i) is where those of row i start.
template <class D, class Row>
HWY_INLINE hn::Vec<D> load_blocks(D d, size_t first, Row row) {
  if constexpr (hn::MaxLanes(d) == kSquare<hn::TFromD<D>>) {
    return hn::LoadU(d, row(first));
  } else {
    const hn::Half<D> half;
    return hn::Combine(d, load_blocks(half, first + hn::MaxLanes(half), row),
                       load_blocks(half, first, row));
  }
}

template <class D, class Row>
HWY_INLINE void store_blocks(D d, hn::Vec<D> vector, size_t first, Row row) {
  if constexpr (hn::MaxLanes(d) == kSquare<hn::TFromD<D>>) {
    hn::StoreU(vector, d, row(first));
  } else {
    const hn::Half<D> half;
    store_blocks(half, hn::LowerHalf(half, vector), first, row);
    store_blocks(half, hn::UpperHalf(half, vector), first + hn::MaxLanes(half), row);
  }
}

// Loads the rows of the squares, load(0) to load(kSquare - 1), and stores their columns alike. (No
// array of vectors: GCC copies those in halves, which then cannot be loaded whole without waiting.)
template <class Load, class Store>
HWY_INLINE void transpose_squares(Tag<float> d, Load load, Store store) {
  const Tag<double> pairs;
  const auto row0 = load(0), row1 = load(1), row2 = load(2), row3 = load(3);
  const auto low01 = hn::BitCast(pairs, hn::InterleaveLower(d, row0, row1));
  const auto low23 = hn::BitCast(pairs, hn::InterleaveLower(d, row2, row3));
  store(0, hn::BitCast(d, hn::InterleaveLower(pairs, low01, low23)));
  store(1, hn::BitCast(d, hn::InterleaveUpper(pairs, low01, low23)));
  const auto high01 = hn::BitCast(pairs, hn::InterleaveUpper(d, row0, row1));
  const auto high23 = hn::BitCast(pairs, hn::InterleaveUpper(d, row2, row3));
  store(2, hn::BitCast(d, hn::InterleaveLower(pairs, high01, high23)));
  store(3, hn::BitCast(d, hn::InterleaveUpper(pairs, high01, high23)));
}

template <class Load, class Store>
HWY_INLINE void transpose_squares(Tag<double> d, Load load, Store store) {
  const auto row0 = load(0), row1 = load(1);
  store(0, hn::InterleaveLower(d, row0, row1));
  store(1, hn::InterleaveUpper(d, row0, row1));
}

// Column c of the rows, row(i)[c], becomes vector c of `to`. The last squares may overlap those
// before them, so that nothing beyond the rows is touched.
template <typename T, class Row>
HWY_INLINE void squares_to_lanes(size_t columns, Row row, T* HWY_RESTRICT to) {
  const Tag<T> d;
  for (size_t c = 0;; c = std::min(c + kSquare<T>, columns - kSquare<T>)) {
    transpose_squares(
        d, [&](size_t i) { return load_blocks(d, i, [&](size_t r) { return row(r) + c; }); },
        [&](size_t i, Vector<T> v) { hn::Store(v, d, to + (c + i) * hn::Lanes(d)); });
    if (c + kSquare<T> == columns) return;
  }
}

template <typename T>
HWY_INLINE void lanes_to_squares(const T* HWY_RESTRICT from, size_t columns, T* HWY_RESTRICT to) {
  const Tag<T> d;
  for (size_t c = 0;; c = std::min(c + kSquare<T>, columns - kSquare<T>)) {
    transpose_squares(
        d, [&](size_t i) { return hn::Load(d, from + (c + i) * hn::Lanes(d)); },
        [&](size_t i, Vector<T> v) {
          store_blocks(d, v, i, [&](size_t r) { return to + r * columns + c; });
        });
    if (c + kSquare<T> == columns) return;
  }
}
#endif

// The columns of `used` rows of `columns` elements, one behind the other, become vectors. Lanes
// beyond `used` repeat the last row.
template <typename T>
HWY_INLINE void rows_to_lanes(const T* HWY_RESTRICT from, size_t columns, size_t used,
                              T* HWY_RESTRICT to) {
  const size_t lanes = hn::Lanes(Tag<T>());
#if HWY_TARGET != HWY_SCALAR
  if (HWY_LIKELY(columns >= kSquare<T>)) {
    if (HWY_LIKELY(used == lanes)) {
      squares_to_lanes(
          columns, [&](size_t r) { return from + r * columns; }, to);
    } else {
      squares_to_lanes(
          columns, [&](size_t r) { return from + std::min(r, used - 1) * columns; }, to);
    }
    return;
  }
#endif
  for (size_t i = 0; i < lanes; ++i) {
    const T* const row = from + std::min(i, used - 1) * columns;
    for (size_t c = 0; c < columns; ++c) to[c * lanes + i] = row[c];
  }
}

// The way back, for the first `used` lanes.
template <typename T>
HWY_INLINE void lanes_to_rows(const T* HWY_RESTRICT from, size_t columns, size_t used,
                              T* HWY_RESTRICT to) {
  const size_t lanes = hn::Lanes(Tag<T>());
#if HWY_TARGET != HWY_SCALAR
  if (HWY_LIKELY(columns >= kSquare<T> && used == lanes)) {
    return lanes_to_squares(from, columns, to);
  }
#endif
  for (size_t i = 0; i < used; ++i) {
    for (size_t c = 0; c < columns; ++c) to[i * columns + c] = from[c * lanes + i];
  }
}

}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CASTALIA_CPP_RUNTIME_CPU_LANES_INL_H_
