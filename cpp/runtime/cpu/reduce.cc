#include "cpp/runtime/cpu/reduce.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "cpp/base/status.h"
#include "cpp/runtime/cpu/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/reduce.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#ifndef CASTALIA_CPP_RUNTIME_CPU_REDUCE_ONCE_
#define CASTALIA_CPP_RUNTIME_CPU_REDUCE_ONCE_
namespace castalia::cpu {
namespace {

// A rectangle of the result.
struct Part {
  int64_t outer_begin, outer_end, inner_begin, inner_end;
};

// A long row is summed in this many interleaved chains, whatever the width of a vector, which are
// then added in pairs. A short row is one chain.
constexpr int kChains = 16;
constexpr int64_t kShortRow = 2 * kChains;

// Columns that pass together down the axis, when it is not the last.
constexpr int64_t kColumns = 64;

}  // namespace
}  // namespace castalia::cpu
#endif  // CASTALIA_CPP_RUNTIME_CPU_REDUCE_ONCE_

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<double>;
using V = hn::Vec<D>;

HWY_INLINE V load_as_double(D d, const double* from) { return hn::LoadU(d, from); }
HWY_INLINE V load_as_double(D d, const float* from) {
  return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, D>(), from));
}

template <typename In>
double sum_row(const In* in, int64_t n) {
  if (n < kShortRow) {
    double sum = 0;
    for (int64_t j = 0; j < n; ++j) sum += static_cast<double>(in[j]);
    return sum;
  }
  const D d;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
  constexpr int kVectors = kChains / kLanes;
  V sums[kVectors];
#pragma GCC unroll 16
  for (int v = 0; v < kVectors; ++v) sums[v] = hn::Zero(d);
  int64_t j = 0;
  for (; j + kChains <= n; j += kChains) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      sums[v] = hn::Add(sums[v], load_as_double(d, in + j + v * kLanes));
    }
  }
  HWY_ALIGN double chains[kChains];
#pragma GCC unroll 16
  for (int v = 0; v < kVectors; ++v) hn::Store(sums[v], d, chains + v * kLanes);
  for (int i = 0; j + i < n; ++i) chains[i] += static_cast<double>(in[j + i]);
  for (int half = kChains / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) chains[i] += chains[i + half];
  }
  return chains[0];
}

// One chain for every column; columns side by side in vectors give the same bits as alone.
template <typename In, typename Out>
void sum_columns(const In* in, int64_t n, int64_t stride, int64_t count, Out* out) {
  const D d;
  constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(D()));
  HWY_ALIGN double sums[kColumns];
  std::fill(sums, sums + kColumns, 0.0);
  const int64_t whole = count / kLanes * kLanes;
  for (int64_t j = 0; j < n; ++j) {
    const In* row = in + j * stride;
    for (int64_t i = 0; i < whole; i += kLanes) {
      hn::Store(hn::Add(hn::Load(d, sums + i), load_as_double(d, row + i)), d, sums + i);
    }
    for (int64_t i = whole; i < count; ++i) sums[i] += static_cast<double>(row[i]);
  }
  for (int64_t i = 0; i < count; ++i) out[i] = static_cast<Out>(sums[i]);
}

template <typename In, typename Out>
void sum_part(const ReduceShape& shape, const Part& part, const In* in, Out* out) {
  for (int64_t o = part.outer_begin; o < part.outer_end; ++o) {
    const In* from = in + o * shape.n * shape.inner;
    Out* to = out + o * shape.inner;
    if (shape.inner == 1) {
      *to = static_cast<Out>(sum_row(from, shape.n));
      continue;
    }
    for (int64_t i = part.inner_begin; i < part.inner_end; i += kColumns) {
      sum_columns(from + i, shape.n, shape.inner, std::min(kColumns, part.inner_end - i), to + i);
    }
  }
}

// The larger of the two, or NaN when one is.
template <typename T>
HWY_INLINE T larger(T x, T y) {
  return (x > y || x != x) ? x : y;
}

// The maximum does not depend on the order (but for the sign of zero and the payload of NaN, so the
// order is fixed all the same).
template <typename T>
void max_part(const ReduceShape& shape, const Part& part, const T* in, T* out) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t o = part.outer_begin; o < part.outer_end; ++o) {
    const T* from = in + o * shape.n * shape.inner;
    T* to = out + o * shape.inner;
    if (shape.inner == 1) {
      T best = -std::numeric_limits<T>::infinity();
      for (int64_t j = 0; j < shape.n; ++j) best = larger(best, from[j]);
      *to = best;
      continue;
    }
    std::fill(to + part.inner_begin, to + part.inner_end, -std::numeric_limits<T>::infinity());
    for (int64_t j = 0; j < shape.n; ++j) {
      const T* row = from + j * shape.inner;
      int64_t i = part.inner_begin;
      for (; i + lanes <= part.inner_end; i += lanes) {
        const auto x = hn::LoadU(d, to + i);
        const auto y = hn::LoadU(d, row + i);
        const auto keep = hn::Or(hn::Gt(x, y), hn::IsNaN(x));
        hn::StoreU(hn::IfThenElse(keep, x, y), d, to + i);
      }
      for (; i < part.inner_end; ++i) to[i] = larger(to[i], row[i]);
    }
  }
}

void sum_float_float(const ReduceShape& s, const Part& p, const float* in, float* out) {
  sum_part(s, p, in, out);
}
void sum_float_double(const ReduceShape& s, const Part& p, const float* in, double* out) {
  sum_part(s, p, in, out);
}
void sum_double_float(const ReduceShape& s, const Part& p, const double* in, float* out) {
  sum_part(s, p, in, out);
}
void sum_double_double(const ReduceShape& s, const Part& p, const double* in, double* out) {
  sum_part(s, p, in, out);
}
void max_float(const ReduceShape& s, const Part& p, const float* in, float* out) {
  max_part(s, p, in, out);
}
void max_double(const ReduceShape& s, const Part& p, const double* in, double* out) {
  max_part(s, p, in, out);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace castalia::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {
namespace {

HWY_EXPORT(sum_float_float);
HWY_EXPORT(sum_float_double);
HWY_EXPORT(sum_double_float);
HWY_EXPORT(sum_double_double);
HWY_EXPORT(max_float);
HWY_EXPORT(max_double);

// Tiles of about 32,000 elements: some rows of the outer axis with all columns, or, when there is
// only one such row, some of its columns.
struct Grid {
  int64_t tiles;
  int64_t rows;     // of a tile
  int64_t columns;  // of a tile; all of them unless outer is 1
};

Grid make_grid(const ReduceShape& shape) {
  constexpr int64_t kWork = 1 << 15;
  if (shape.outer <= 0 || shape.inner <= 0) return {0, 0, 0};
  const int64_t n = std::max<int64_t>(shape.n, 1);
  if (shape.outer == 1) {
    const int64_t blocks = std::max<int64_t>(1, kWork / n / kColumns);
    const int64_t columns = blocks * kColumns;
    return {(shape.inner + columns - 1) / columns, 1, columns};
  }
  const int64_t rows = std::max<int64_t>(1, kWork / n / shape.inner);
  return {(shape.outer + rows - 1) / rows, rows, shape.inner};
}

// Tiles [first, last) as one rectangle.
Part part_of(const ReduceShape& shape, int64_t first, int64_t last) {
  const Grid grid = make_grid(shape);
  check(first >= 0 && first <= last && last <= grid.tiles, "reduction: tiles ", first, " to ", last,
        " of ", grid.tiles);
  if (shape.outer == 1) {
    return {0, 1, std::min(shape.inner, first * grid.columns),
            std::min(shape.inner, last * grid.columns)};
  }
  return {std::min(shape.outer, first * grid.rows), std::min(shape.outer, last * grid.rows), 0,
          shape.inner};
}

}  // namespace

int64_t reduce_tiles(const ReduceShape& shape) { return make_grid(shape).tiles; }

template <typename In, typename Out>
void reduce_sum(const ReduceShape& shape, const In* in, Out* out, int64_t first, int64_t last) {
  ensure_dispatch();
  if (first == last) return;
  const Part part = part_of(shape, first, last);
  if constexpr (std::is_same_v<In, float> && std::is_same_v<Out, float>) {
    HWY_DYNAMIC_DISPATCH(sum_float_float)(shape, part, in, out);
  } else if constexpr (std::is_same_v<In, float>) {
    HWY_DYNAMIC_DISPATCH(sum_float_double)(shape, part, in, out);
  } else if constexpr (std::is_same_v<Out, float>) {
    HWY_DYNAMIC_DISPATCH(sum_double_float)(shape, part, in, out);
  } else {
    HWY_DYNAMIC_DISPATCH(sum_double_double)(shape, part, in, out);
  }
}

template <typename T>
void reduce_max(const ReduceShape& shape, const T* in, T* out, int64_t first, int64_t last) {
  ensure_dispatch();
  if (first == last) return;
  const Part part = part_of(shape, first, last);
  if constexpr (std::is_same_v<T, float>) {
    HWY_DYNAMIC_DISPATCH(max_float)(shape, part, in, out);
  } else {
    HWY_DYNAMIC_DISPATCH(max_double)(shape, part, in, out);
  }
}

// Each sum waits for the one before it, so vectors would not help; neighbouring rows overlap in the
// processor's own window.
template <typename T>
void cumulative_sum(const ReduceShape& shape, const T* in, T* out, int64_t first, int64_t last) {
  check(shape.inner == 1, "cumulative sum: the axis is not the last");
  const Grid grid = make_grid(shape);
  check(first >= 0 && last <= grid.tiles, "cumulative sum: tiles ", first, " to ", last, " of ",
        grid.tiles);
  const int64_t end = std::min(shape.outer, last * grid.rows);
  for (int64_t o = first * grid.rows; o < end; ++o) {
    double sum = 0;
    for (int64_t j = 0; j < shape.n; ++j) {
      sum += static_cast<double>(in[o * shape.n + j]);
      out[o * shape.n + j] = static_cast<T>(sum);
    }
  }
}

template void reduce_sum(const ReduceShape&, const float*, float*, int64_t, int64_t);
template void reduce_sum(const ReduceShape&, const float*, double*, int64_t, int64_t);
template void reduce_sum(const ReduceShape&, const double*, float*, int64_t, int64_t);
template void reduce_sum(const ReduceShape&, const double*, double*, int64_t, int64_t);
template void reduce_max(const ReduceShape&, const float*, float*, int64_t, int64_t);
template void reduce_max(const ReduceShape&, const double*, double*, int64_t, int64_t);
template void cumulative_sum(const ReduceShape&, const float*, float*, int64_t, int64_t);
template void cumulative_sum(const ReduceShape&, const double*, double*, int64_t, int64_t);

}  // namespace castalia::cpu
#endif  // HWY_ONCE
