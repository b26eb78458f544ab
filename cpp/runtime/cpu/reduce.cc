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

// A long row is reduced in this many interleaved chains, whatever the width of a vector, which are
// then joined in pairs. A short row is one chain.
constexpr int kChains = 16;
constexpr int64_t kShortRow = 2 * kChains;

// Columns pass through the registers some rows at a time, so that memory is read in its order; what
// they have come to lies in a block of so many at most in between.
constexpr int64_t kColumns = 1024;
constexpr int64_t kRowsTogether = 64;

}  // namespace
}  // namespace castalia::cpu
#endif  // CASTALIA_CPP_RUNTIME_CPU_REDUCE_ONCE_

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class D>
HWY_INLINE hn::Vec<D> load_as(D d, const hn::TFromD<D>* from) {
  return hn::LoadU(d, from);
}
template <class D>
HWY_INLINE hn::Vec<D> load_as(D d, const float* from) requires(sizeof(hn::TFromD<D>) == 8) {
  return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, D>(), from));
}

// What two elements become, in the type in which they are accumulated.
struct Add {
  static constexpr double kNeutral = 0.0;
  template <class V>
  static HWY_INLINE V apply(V a, V b) {
    return hn::Add(a, b);
  }
  static HWY_INLINE double apply(double a, double b) { return a + b; }
};
struct Multiply {
  static constexpr double kNeutral = 1.0;
  template <class V>
  static HWY_INLINE V apply(V a, V b) {
    return hn::Mul(a, b);
  }
  static HWY_INLINE double apply(double a, double b) { return a * b; }
};
// The larger of two, or NaN when one is.
struct Larger {
  static constexpr double kNeutral = -std::numeric_limits<double>::infinity();
  template <class V>
  static HWY_INLINE V apply(V x, V y) {
    return hn::IfThenElse(hn::Or(hn::Gt(x, y), hn::IsNaN(x)), x, y);
  }
  static HWY_INLINE float apply(float x, float y) { return (x > y || x != x) ? x : y; }
  static HWY_INLINE double apply(double x, double y) { return (x > y || x != x) ? x : y; }
};
struct Smaller {
  static constexpr double kNeutral = std::numeric_limits<double>::infinity();
  template <class V>
  static HWY_INLINE V apply(V x, V y) {
    return hn::IfThenElse(hn::Or(hn::Lt(x, y), hn::IsNaN(x)), x, y);
  }
  static HWY_INLINE float apply(float x, float y) { return (x < y || x != x) ? x : y; }
  static HWY_INLINE double apply(double x, double y) { return (x < y || x != x) ? x : y; }
};

// One part of a reduction by Operation, accumulated in A.
template <class Operation, typename A, typename In, typename Out>
class Fold {
 public:
  Fold(const ReduceShape& shape, const ReduceSource<In>& source) : shape_(shape), source_(source) {}

  void run(const Part& part, Out* out) const {
    if (shape_.n == 0) {
      for (int64_t o = part.outer_begin; o < part.outer_end; ++o) {
        std::fill(out + o * shape_.inner + part.inner_begin,
                  out + o * shape_.inner + part.inner_end, static_cast<Out>(kNeutral));
      }
    } else if (shape_.inner > 1) {
      fold_columns(part, out);
    } else if (shape_.n <= source_.capacity) {
      fold_rows(part.outer_begin, part.outer_end, out);
    } else {
      for (int64_t o = part.outer_begin; o < part.outer_end; ++o) out[o] = fold_long_row(o);
    }
  }

 private:
  using D = hn::ScalableTag<A>;
  static constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
  static constexpr A kNeutral = static_cast<A>(Operation::kNeutral);

  const In* piece(int64_t first, int64_t count) const {
    return source_.piece(source_.object, first, count);
  }

  static Out rounded(A result) { return static_cast<Out>(result); }

  static HWY_INLINE A take(A folded, In element) {
    return Operation::apply(folded, static_cast<A>(element));
  }

  // ---- the last axis ----

  struct Chains {
    HWY_ALIGN A values[kChains];
    Chains() { std::fill(values, values + kChains, kNeutral); }

    // Takes in what comes next; all pieces but the last are multiples of kChains.
    HWY_INLINE void take_in(const In* in, int64_t count) {
      const D d;
      constexpr int kVectors = kChains / kLanes;
      hn::Vec<D> folded[kVectors];
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) folded[v] = hn::Load(d, values + v * kLanes);
      int64_t j = 0;
      for (; j + kChains <= count; j += kChains) {
#pragma GCC unroll 16
        for (int v = 0; v < kVectors; ++v) {
          folded[v] = Operation::apply(folded[v], load_as(d, in + j + v * kLanes));
        }
      }
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) hn::Store(folded[v], d, values + v * kLanes);
      for (int i = 0; j + i < count; ++i) values[i] = take(values[i], in[j + i]);
    }

    HWY_INLINE A joined() {
      const D d;
      int half = kChains / 2;
      for (; half >= kLanes; half /= 2) {
        for (int i = 0; i < half; i += kLanes) {
          const auto joined =
              Operation::apply(hn::Load(d, values + i), hn::Load(d, values + i + half));
          hn::Store(joined, d, values + i);
        }
      }
      for (; half > 0; half /= 2) {
        for (int i = 0; i < half; ++i) values[i] = Operation::apply(values[i], values[i + half]);
      }
      return values[0];
    }
  };

  static HWY_INLINE A fold_row(const In* in, int64_t n) {
    if (n < kShortRow) {
      A folded = kNeutral;
      for (int64_t j = 0; j < n; ++j) folded = take(folded, in[j]);
      return folded;
    }
    Chains chains;
    chains.take_in(in, n);
    return chains.joined();
  }

  void fold_rows(int64_t begin, int64_t end, Out* out) const {
    const int64_t together = source_.capacity / shape_.n;
    while (begin < end) {
      const int64_t rows = std::min(together, end - begin);
      const In* in = piece(begin * shape_.n, rows * shape_.n);
      for (int64_t i = 0; i < rows; ++i, ++begin, in += shape_.n) {
        out[begin] = static_cast<Out>(fold_row(in, shape_.n));
      }
    }
  }

  Out fold_long_row(int64_t row) const {
    Chains chains;
    for (int64_t j = 0; j < shape_.n;) {
      const int64_t count = std::min(source_.capacity, shape_.n - j);
      chains.take_in(piece(row * shape_.n + j, count), count);
      j += count;
    }
    return static_cast<Out>(chains.joined());
  }

  // ---- another axis: one chain for each column ----
  // Columns side by side in vectors give the same bits as alone.

  template <int kVectors>
  static HWY_INLINE void fold_strip(const In* in, int64_t rows, int64_t stride, A* folded) {
    const D d;
    hn::Vec<D> columns[kVectors];
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) columns[v] = hn::Load(d, folded + v * kLanes);
    for (int64_t j = 0; j < rows; ++j, in += stride) {
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) {
        columns[v] = Operation::apply(columns[v], load_as(d, in + v * kLanes));
      }
    }
#pragma GCC unroll 16
    for (int v = 0; v < kVectors; ++v) hn::Store(columns[v], d, folded + v * kLanes);
  }

  // Columns that fill no vector, in one with what stands behind them; that is not wanted. Nothing
  // is read beyond the last row.
  static HWY_INLINE void fold_few(const In* in, int64_t rows, int64_t stride, int64_t count,
                                  A* folded) {
    const D d;
    hn::Vec<D> columns = hn::Load(d, folded);
    int64_t there = (rows - 1) * stride + count;
    for (; there >= kLanes; there -= stride, in += stride) {
      columns = Operation::apply(columns, load_as(d, in));
    }
    hn::Store(columns, d, folded);
    for (; there > 0; there -= stride, in += stride) {
      for (int64_t i = 0; i < count; ++i) folded[i] = take(folded[i], in[i]);
    }
  }

  // As many strips of the width as there is room for, then narrower ones.
  template <int kVectors>
  static HWY_INLINE void fold_strips(const In* in, int64_t rows, int64_t stride, int64_t count,
                                     A* folded, int64_t i) {
    for (; i + kVectors * kLanes <= count; i += kVectors * kLanes) {
      fold_strip<kVectors>(in + i, rows, stride, folded + i);
    }
    if constexpr (kVectors > 1) {
      fold_strips<kVectors / 2>(in, rows, stride, count, folded, i);
    } else if (i < count && count >= kLanes) {
      // What is left is part of a last vector, which has a place of its own behind the others.
      fold_strip<1>(in + count - kLanes, rows, stride, folded + i);
    } else if (i < count) {
      fold_few(in, rows, stride, count, folded);
    }
  }

  void fold_columns(const Part& part, Out* out) const {
    for (int64_t o = part.outer_begin; o < part.outer_end; ++o) {
      for (int64_t i = part.inner_begin; i < part.inner_end; i += kColumns) {
        fold_block(o, i, std::min(kColumns, part.inner_end - i), out + o * shape_.inner + i);
      }
    }
  }

  void fold_block(int64_t o, int64_t first, int64_t count, Out* out) const {
    HWY_ALIGN A folded[kColumns + kLanes];
    std::fill(folded, folded + count + kLanes, kNeutral);
    const int64_t start = o * shape_.n * shape_.inner + first;
    int64_t together = kRowsTogether;
    if (source_.capacity != source_.kAll) {
      together = count < shape_.inner ? 1 : std::min(together, source_.capacity / count);
    }
    for (int64_t j = 0; j < shape_.n;) {
      const int64_t rows = std::min(together, shape_.n - j);
      fold_strips<8>(piece(start + j * shape_.inner, (rows - 1) * shape_.inner + count), rows,
                     shape_.inner, count, folded, 0);
      j += rows;
    }
    // Of the last vector, where columns are left over, its last lanes are wanted.
    const int64_t rest = count < kLanes ? 0 : count % kLanes;
    const A* const last = folded + count - rest + kLanes;
    std::transform(folded, folded + count - rest, out, rounded);
    std::transform(last - rest, last, out + count - rest, rounded);
  }

  const ReduceShape& shape_;
  const ReduceSource<In>& source_;
};

void sum_float_float(const ReduceShape& s, const Part& p, const ReduceSource<float>& in,
                     float* out) {
  Fold<Add, double, float, float>(s, in).run(p, out);
}
void sum_float_double(const ReduceShape& s, const Part& p, const ReduceSource<float>& in,
                      double* out) {
  Fold<Add, double, float, double>(s, in).run(p, out);
}
void sum_double_float(const ReduceShape& s, const Part& p, const ReduceSource<double>& in,
                      float* out) {
  Fold<Add, double, double, float>(s, in).run(p, out);
}
void sum_double_double(const ReduceShape& s, const Part& p, const ReduceSource<double>& in,
                       double* out) {
  Fold<Add, double, double, double>(s, in).run(p, out);
}
void max_float(const ReduceShape& s, const Part& p, const ReduceSource<float>& in, float* out) {
  Fold<Larger, float, float, float>(s, in).run(p, out);
}
void max_double(const ReduceShape& s, const Part& p, const ReduceSource<double>& in, double* out) {
  Fold<Larger, double, double, double>(s, in).run(p, out);
}
void min_float(const ReduceShape& s, const Part& p, const ReduceSource<float>& in, float* out) {
  Fold<Smaller, float, float, float>(s, in).run(p, out);
}
void min_double(const ReduceShape& s, const Part& p, const ReduceSource<double>& in, double* out) {
  Fold<Smaller, double, double, double>(s, in).run(p, out);
}
void product_float(const ReduceShape& s, const Part& p, const ReduceSource<float>& in, float* out) {
  Fold<Multiply, double, float, float>(s, in).run(p, out);
}
void product_double(const ReduceShape& s, const Part& p, const ReduceSource<double>& in,
                    double* out) {
  Fold<Multiply, double, double, double>(s, in).run(p, out);
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
    const int64_t blocks = std::max<int64_t>(1, kWork / n / shape.tile_columns);
    const int64_t columns = blocks * shape.tile_columns;
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
void reduce_sum(const ReduceShape& shape, const ReduceSource<In>& in, Out* out, int64_t first,
                int64_t last) {
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
void reduce_max(const ReduceShape& shape, const ReduceSource<T>& in, T* out, int64_t first,
                int64_t last) {
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
void reduce_min(const ReduceShape& shape, const ReduceSource<T>& in, T* out, int64_t first,
                int64_t last) {
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
void reduce_product(const ReduceShape& shape, const ReduceSource<T>& in, T* out, int64_t first,
                    int64_t last) {
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

template void reduce_sum(const ReduceShape&, const ReduceSource<float>&, float*, int64_t, int64_t);
template void reduce_sum(const ReduceShape&, const ReduceSource<float>&, double*, int64_t, int64_t);
template void reduce_sum(const ReduceShape&, const ReduceSource<double>&, float*, int64_t, int64_t);
template void reduce_sum(const ReduceShape&, const ReduceSource<double>&, double*, int64_t,
                         int64_t);
template void reduce_max(const ReduceShape&, const ReduceSource<float>&, float*, int64_t, int64_t);
template void reduce_max(const ReduceShape&, const ReduceSource<double>&, double*, int64_t,
                         int64_t);
template void reduce_min(const ReduceShape&, const ReduceSource<float>&, float*, int64_t, int64_t);
template void reduce_min(const ReduceShape&, const ReduceSource<double>&, double*, int64_t,
                         int64_t);
template void reduce_product(const ReduceShape&, const ReduceSource<float>&, float*, int64_t,
                             int64_t);
template void reduce_product(const ReduceShape&, const ReduceSource<double>&, double*, int64_t,
                             int64_t);
template void cumulative_sum(const ReduceShape&, const float*, float*, int64_t, int64_t);
template void cumulative_sum(const ReduceShape&, const double*, double*, int64_t, int64_t);

}  // namespace castalia::cpu
#endif  // HWY_ONCE
