// Sums over rows and columns in double, as vectors; compiled once for each instruction set by
// inclusion after hwy/highway.h.

#ifndef CASTALIA_CPP_RUNTIME_CPU_COLUMN_SUMS_ONCE_
#define CASTALIA_CPP_RUNTIME_CPU_COLUMN_SUMS_ONCE_

#include <algorithm>
#include <cstdint>

namespace castalia::cpu {

// A long row is summed in this many interleaved chains, whatever the width of a vector, which are
// then added in pairs. A short row is one chain.
inline constexpr int kChains = 16;
inline constexpr int64_t kShortRow = 2 * kChains;

// Few columns pass through vectors several rows at a time: as that many rows of a wider matrix.
inline constexpr int64_t kFewColumns = 32;

inline int64_t rows_together(int64_t columns) {
  return columns >= kFewColumns ? 1 : (kFewColumns + columns - 1) / std::max<int64_t>(1, columns);
}
// The columns of that wider matrix.
inline int64_t period_of(int64_t columns) { return columns * rows_together(columns); }

}  // namespace castalia::cpu
#endif  // CASTALIA_CPP_RUNTIME_CPU_COLUMN_SUMS_ONCE_

#if defined(CASTALIA_CPP_RUNTIME_CPU_COLUMN_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CASTALIA_CPP_RUNTIME_CPU_COLUMN_SUMS_INL_H_
#undef CASTALIA_CPP_RUNTIME_CPU_COLUMN_SUMS_INL_H_
#else
#define CASTALIA_CPP_RUNTIME_CPU_COLUMN_SUMS_INL_H_
#endif

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <typename D>
HWY_INLINE hn::Vec<D> load_as_double(D d, const double* from) {
  return hn::LoadU(d, from);
}
template <typename D>
HWY_INLINE hn::Vec<D> load_as_double(D d, const float* from) {
  return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, D>(), from));
}

// body(tag, i) for i = 0, lanes, 2 lanes, ..., and for what is left with a tag of one lane.
template <typename T, typename Body>
HWY_INLINE void for_lanes(int64_t n, Body body) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 1> one;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) body(d, i);
  for (; i < n; ++i) body(one, i);
}

// The sum over i < n of what term(tag, i) gives in double.
template <typename Term>
HWY_INLINE double sum_of(int64_t n, Term term) {
  const hn::ScalableTag<double> d;
  const hn::CappedTag<double, 1> one;
  if (n < kShortRow) {
    double sum = 0;
    for (int64_t j = 0; j < n; ++j) sum += hn::GetLane(term(one, j));
    return sum;
  }
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<double>()));
  constexpr int kVectors = kChains / kLanes;
  hn::Vec<hn::ScalableTag<double>> sums[kVectors];
#pragma GCC unroll 16
  for (int v = 0; v < kVectors; ++v) sums[v] = hn::Zero(d);
  int64_t j = 0;
  for (; j + kChains <= n; j += kChains) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) sums[v] = hn::Add(sums[v], term(d, j + v * kLanes));
  }
  HWY_ALIGN double chains[kChains];
#pragma GCC unroll 16
  for (int v = 0; v < kVectors; ++v) hn::Store(sums[v], d, chains + v * kLanes);
  for (int i = 0; j + i < n; ++i) chains[i] += hn::GetLane(term(one, j + i));
  for (int half = kChains / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) chains[i] += chains[i + half];
  }
  return chains[0];
}

// sums[c] = the sum over rows r of term(tag, r * columns + c, c), column indices counted within a
// period. `wide` is as long as a period.
template <typename Term>
HWY_INLINE void sum_columns(int64_t rows, int64_t columns, double* HWY_RESTRICT wide,
                            double* HWY_RESTRICT sums, Term term) {
  const int64_t together = rows_together(columns);
  const int64_t period = columns * together;
  double* const to = together == 1 ? sums : wide;
  std::fill(to, to + period, 0.0);
  const int64_t whole = rows / together;
  for (int64_t r = 0; r < whole; ++r) {
    for_lanes<double>(period, [&](auto d, int64_t c) HWY_ATTR {
      hn::StoreU(hn::Add(hn::LoadU(d, to + c), term(d, r * period + c, c)), d, to + c);
    });
  }
  if (together == 1) return;
  for_lanes<double>((rows - whole * together) * columns, [&](auto d, int64_t c) HWY_ATTR {
    hn::StoreU(hn::Add(hn::LoadU(d, to + c), term(d, whole * period + c, c)), d, to + c);
  });
  for (int64_t c = 0; c < columns; ++c) {
    double sum = wide[c];
    for (int64_t k = 1; k < together; ++k) sum += wide[k * columns + c];
    sums[c] = sum;
  }
}

// Repeats the first `columns` elements to the length of a period.
template <typename T>
HWY_INLINE void fill_period(int64_t columns, T* values) {
  const int64_t period = period_of(columns);
  for (int64_t c = columns; c < period; ++c) values[c] = values[c - columns];
}

// out[i] = f(tag, i, c) over `rows` rows, column indices counted within a period.
template <typename T, typename F>
HWY_INLINE void map_columns(int64_t rows, int64_t columns, F f) {
  const int64_t period = period_of(columns);
  const int64_t count = rows * columns;
  int64_t start = 0;
  for (; start + period <= count; start += period) {
    for_lanes<T>(period, [&](auto d, int64_t c) HWY_ATTR { f(d, start + c, c); });
  }
  for_lanes<T>(count - start, [&](auto d, int64_t c) HWY_ATTR { f(d, start + c, c); });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace castalia::cpu
HWY_AFTER_NAMESPACE();

#endif  // CASTALIA_CPP_RUNTIME_CPU_COLUMN_SUMS_INL_H_
