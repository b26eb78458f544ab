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

struct Add {
  static constexpr double kNeutral = 0.0;
  static HWY_INLINE V apply(V a, V b) { return hn::Add(a, b); }
  static HWY_INLINE double apply(double a, double b) { return a + b; }
};
struct Multiply {
  static constexpr double kNeutral = 1.0;
  static HWY_INLINE V apply(V a, V b) { return hn::Mul(a, b); }
  static HWY_INLINE double apply(double a, double b) { return a * b; }
};

template <class Operation, typename In>
double fold_row(const In* in, int64_t n) {
  if (n < kShortRow) {
    double result = Operation::kNeutral;
    for (int64_t j = 0; j < n; ++j) result = Operation::apply(result, static_cast<double>(in[j]));
    return result;
  }
  const D d;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
  constexpr int kVectors = kChains / kLanes;
  V folded[kVectors];
#pragma GCC unroll 16
  for (int v = 0; v < kVectors; ++v) folded[v] = hn::Set(d, Operation::kNeutral);
  int64_t j = 0;
  for (; j + kChains <= n; j += kChains) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      folded[v] = Operation::apply(folded[v], load_as_double(d, in + j + v * kLanes));
    }
  }
  HWY_ALIGN double chains[kChains];
#pragma GCC unroll 16
  for (int v = 0; v < kVectors; ++v) hn::Store(folded[v], d, chains + v * kLanes);
  for (int i = 0; j + i < n; ++i) {
    chains[i] = Operation::apply(chains[i], static_cast<double>(in[j + i]));
  }
  for (int half = kChains / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) chains[i] = Operation::apply(chains[i], chains[i + half]);
  }
  return chains[0];
}

// kVectors vectors of neighbouring columns, each a chain down the axis that stays in its register.
template <class Operation, int kVectors, typename In, typename Out>
HWY_INLINE void fold_strip(const In* in, int64_t n, int64_t stride, Out* out) {
  const D d;
  constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
  V folded[kVectors];
#pragma GCC unroll 16
  for (int v = 0; v < kVectors; ++v) folded[v] = hn::Set(d, Operation::kNeutral);
  for (int64_t j = 0; j < n; ++j, in += stride) {
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) {
      folded[v] = Operation::apply(folded[v], load_as_double(d, in + v * kLanes));
    }
  }
  HWY_ALIGN double results[kVectors * kLanes];
#pragma GCC unroll 16
  for (int v = 0; v < kVectors; ++v) hn::Store(folded[v], d, results + v * kLanes);
  std::transform(results, results + kVectors * kLanes, out,
                 [](double result) { return static_cast<Out>(result); });
}

// One chain for every column; columns side by side in vectors give the same bits as alone.
template <class Operation, typename In, typename Out>
void fold_columns(const In* in, int64_t n, int64_t stride, int64_t count, Out* out) {
  constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(D()));
  constexpr int64_t kStrip = 32;
  int64_t i = 0;
  for (; i + kStrip <= count; i += kStrip) {
    fold_strip<Operation, kStrip / kLanes>(in + i, n, stride, out + i);
  }
  for (; i + kLanes <= count; i += kLanes) {
    fold_strip<Operation, 1>(in + i, n, stride, out + i);
  }
  if (i == count) return;
  if (count >= kLanes) {
    // The last vector again computes some columns of the one before.
    fold_strip<Operation, 1>(in + count - kLanes, n, stride, out + count - kLanes);
    return;
  }
  double results[kLanes];
  std::fill(results, results + count, Operation::kNeutral);
  for (int64_t j = 0; j < n; ++j, in += stride) {
    for (i = 0; i < count; ++i) {
      results[i] = Operation::apply(results[i], static_cast<double>(in[i]));
    }
  }
  for (i = 0; i < count; ++i) out[i] = static_cast<Out>(results[i]);
}

template <class Operation, typename In, typename Out>
void fold_part(const ReduceShape& shape, const Part& part, const In* in, Out* out) {
  for (int64_t o = part.outer_begin; o < part.outer_end; ++o) {
    const In* from = in + o * shape.n * shape.inner;
    Out* to = out + o * shape.inner;
    if (shape.inner == 1) {
      *to = static_cast<Out>(fold_row<Operation>(from, shape.n));
    } else {
      fold_columns<Operation>(from + part.inner_begin, shape.n, shape.inner,
                              part.inner_end - part.inner_begin, to + part.inner_begin);
    }
  }
}

// The larger of two, or NaN when one is.
struct Larger {
  static constexpr double kNeutral = -std::numeric_limits<double>::infinity();
  template <class W>
  static HWY_INLINE W apply_vectors(W x, W y) {
    return hn::IfThenElse(hn::Or(hn::Gt(x, y), hn::IsNaN(x)), x, y);
  }
  template <typename T>
  static HWY_INLINE T apply(T x, T y) {
    return (x > y || x != x) ? x : y;
  }
};
struct Smaller {
  static constexpr double kNeutral = std::numeric_limits<double>::infinity();
  template <class W>
  static HWY_INLINE W apply_vectors(W x, W y) {
    return hn::IfThenElse(hn::Or(hn::Lt(x, y), hn::IsNaN(x)), x, y);
  }
  template <typename T>
  static HWY_INLINE T apply(T x, T y) {
    return (x < y || x != x) ? x : y;
  }
};

template <class Operation, typename T>
T extreme_of_row(const T* in, int64_t n) {
  const hn::ScalableTag<T> d;
  constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(hn::ScalableTag<T>()));
  T best = static_cast<T>(Operation::kNeutral);
  if (n < kLanes) {
    for (int64_t j = 0; j < n; ++j) best = Operation::apply(best, in[j]);
    return best;
  }
  auto folded = hn::LoadU(d, in);
  for (int64_t j = kLanes; j + kLanes <= n; j += kLanes) {
    folded = Operation::apply_vectors(folded, hn::LoadU(d, in + j));
  }
  // An element that is compared twice changes nothing.
  folded = Operation::apply_vectors(folded, hn::LoadU(d, in + n - kLanes));
  HWY_ALIGN T lanes[kLanes];
  hn::Store(folded, d, lanes);
  for (const T lane : lanes) best = Operation::apply(best, lane);
  return best;
}

// The extreme does not depend on the order (but for the sign of zero and the payload of NaN, so the
// order is fixed all the same).
template <class Operation, typename T>
void extreme_part(const ReduceShape& shape, const Part& part, const T* in, T* out) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t o = part.outer_begin; o < part.outer_end; ++o) {
    const T* from = in + o * shape.n * shape.inner;
    T* to = out + o * shape.inner;
    if (shape.inner == 1) {
      *to = extreme_of_row<Operation>(from, shape.n);
      continue;
    }
    std::fill(to + part.inner_begin, to + part.inner_end, static_cast<T>(Operation::kNeutral));
    for (int64_t j = 0; j < shape.n; ++j) {
      const T* row = from + j * shape.inner;
      int64_t i = part.inner_begin;
      for (; i + lanes <= part.inner_end; i += lanes) {
        hn::StoreU(Operation::apply_vectors(hn::LoadU(d, to + i), hn::LoadU(d, row + i)), d,
                   to + i);
      }
      for (; i < part.inner_end; ++i) to[i] = Operation::apply(to[i], row[i]);
    }
  }
}

void sum_float_float(const ReduceShape& s, const Part& p, const float* in, float* out) {
  fold_part<Add>(s, p, in, out);
}
void sum_float_double(const ReduceShape& s, const Part& p, const float* in, double* out) {
  fold_part<Add>(s, p, in, out);
}
void sum_double_float(const ReduceShape& s, const Part& p, const double* in, float* out) {
  fold_part<Add>(s, p, in, out);
}
void sum_double_double(const ReduceShape& s, const Part& p, const double* in, double* out) {
  fold_part<Add>(s, p, in, out);
}
void max_float(const ReduceShape& s, const Part& p, const float* in, float* out) {
  extreme_part<Larger>(s, p, in, out);
}
void max_double(const ReduceShape& s, const Part& p, const double* in, double* out) {
  extreme_part<Larger>(s, p, in, out);
}
void min_float(const ReduceShape& s, const Part& p, const float* in, float* out) {
  extreme_part<Smaller>(s, p, in, out);
}
void min_double(const ReduceShape& s, const Part& p, const double* in, double* out) {
  extreme_part<Smaller>(s, p, in, out);
}
void product_float(const ReduceShape& s, const Part& p, const float* in, float* out) {
  fold_part<Multiply>(s, p, in, out);
}
void product_double(const ReduceShape& s, const Part& p, const double* in, double* out) {
  fold_part<Multiply>(s, p, in, out);
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
HWY_EXPORT(min_float);
HWY_EXPORT(min_double);
HWY_EXPORT(product_float);
HWY_EXPORT(product_double);

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

template <typename T>
void reduce_min(const ReduceShape& shape, const T* in, T* out, int64_t first, int64_t last) {
  ensure_dispatch();
  if (first == last) return;
  const Part part = part_of(shape, first, last);
  if constexpr (std::is_same_v<T, float>) {
    HWY_DYNAMIC_DISPATCH(min_float)(shape, part, in, out);
  } else {
    HWY_DYNAMIC_DISPATCH(min_double)(shape, part, in, out);
  }
}

template <typename T>
void reduce_product(const ReduceShape& shape, const T* in, T* out, int64_t first, int64_t last) {
  ensure_dispatch();
  if (first == last) return;
  const Part part = part_of(shape, first, last);
  if constexpr (std::is_same_v<T, float>) {
    HWY_DYNAMIC_DISPATCH(product_float)(shape, part, in, out);
  } else {
    HWY_DYNAMIC_DISPATCH(product_double)(shape, part, in, out);
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
template void reduce_min(const ReduceShape&, const float*, float*, int64_t, int64_t);
template void reduce_min(const ReduceShape&, const double*, double*, int64_t, int64_t);
template void reduce_product(const ReduceShape&, const float*, float*, int64_t, int64_t);
template void reduce_product(const ReduceShape&, const double*, double*, int64_t, int64_t);
template void cumulative_sum(const ReduceShape&, const float*, float*, int64_t, int64_t);
template void cumulative_sum(const ReduceShape&, const double*, double*, int64_t, int64_t);

}  // namespace castalia::cpu
#endif  // HWY_ONCE
