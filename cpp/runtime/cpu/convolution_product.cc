#include "cpp/runtime/cpu/convolution_product.h"

#include <algorithm>
#include <cstring>

#include "cpp/runtime/cpu/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/convolution_product.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "cpp/runtime/cpu/panel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// `Rows` rows from row `first` on, times `Vectors` vectors of columns from column `column` on.
template <typename T, int Rows, int Vectors>
void product_kernel(const GatheredProduct<T>& p, int64_t first, int64_t column) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const int64_t width = lanes<T>();
  const T* a[Rows];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i) a[i] = p.a[first + i];
  // Nothing to sum leaves C as it is: -0 changes nothing that it is added to.
  const V start = hn::Set(d, p.add && p.depth == 0 ? T(-0.0) : T(0.0));
  V sum[Rows][Vectors];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) sum[i][v] = start;
  }

  const T* const panel = p.b + column / (2 * width) * p.panel_stride;
  const ProductStep* const end = p.steps + p.depth;
  for (const ProductStep* step = p.steps; step != end; ++step) {
    const int64_t offset = step->a;
    const T* const b = panel + step->b;
    V b_row[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) b_row[v] = hn::LoadU(d, b + v * width);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) {
      const V a_ik = hn::Set(d, a[i][offset]);
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) sum[i][v] = hn::MulAdd(a_ik, b_row[v], sum[i][v]);
    }
  }

  const int64_t columns = p.columns - column;
  if (columns >= Vectors * width) {
    if (p.add) {
#pragma GCC unroll 16
      for (int i = 0; i < Rows; ++i) {
        const T* const c = p.c[first + i] + column;
#pragma GCC unroll 2
        for (int v = 0; v < Vectors; ++v) {
          sum[i][v] = hn::Add(hn::LoadU(d, c + v * width), sum[i][v]);
        }
      }
    }
    if (p.bias != nullptr) {
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) {
        const V bias = hn::LoadU(d, p.bias + column + v * width);
#pragma GCC unroll 16
        for (int i = 0; i < Rows; ++i) sum[i][v] = hn::Add(sum[i][v], bias);
      }
    }
    if (p.relu) {
#pragma GCC unroll 16
      for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 2
        for (int v = 0; v < Vectors; ++v) {
          sum[i][v] = hn::IfThenZeroElse(hn::Lt(sum[i][v], hn::Zero(d)), sum[i][v]);
        }
      }
    }
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) {
      T* const c = p.c[first + i] + column;
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) hn::StoreU(sum[i][v], d, c + v * width);
    }
    return;
  }
  // A panel that sticks out of C.
  HWY_ALIGN T edge[Rows * Vectors * hn::MaxLanes(Tag<T>())];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) hn::Store(sum[i][v], d, edge + (i * Vectors + v) * width);
  }
  for (int i = 0; i < Rows; ++i) {
    T* const c = p.c[first + i] + column;
    const T* const from = edge + i * Vectors * width;
    for (int64_t j = 0; j < columns; ++j) {
      T x = p.add ? c[j] + from[j] : from[j];
      if (p.bias != nullptr) x += p.bias[column + j];
      c[j] = p.relu && x < T(0) ? T(0) : x;
    }
  }
}

template <typename T>
using ProductKernel = void (*)(const GatheredProduct<T>&, int64_t first, int64_t column);

// The kernel for `rows` rows, counted at compile time from kRows down.
template <typename T, int Vectors, int Rows = kRows>
ProductKernel<T> choose_kernel(int64_t rows) {
  if constexpr (Rows == 1) {
    return &product_kernel<T, 1, Vectors>;
  } else {
    if (rows == Rows) return &product_kernel<T, Rows, Vectors>;
    return choose_kernel<T, Vectors, Rows - 1>(rows);
  }
}

template <typename T, int Vectors>
void run_column(const GatheredProduct<T>& p, int64_t column) {
  // Rows are shared out so that no group is much smaller than the others.
  const int64_t groups = (p.rows + kRows - 1) / kRows;
  const int64_t size = p.rows / groups;
  const int64_t large = p.rows % groups;  // groups of size + 1
  int64_t row = 0;
  if (large > 0) {
    const ProductKernel<T> kernel = choose_kernel<T, Vectors>(size + 1);
    for (int64_t g = 0; g < large; ++g, row += size + 1) kernel(p, row, column);
  }
  const ProductKernel<T> kernel = choose_kernel<T, Vectors>(size);
  for (; row < p.rows; row += size) kernel(p, row, column);
}

template <typename T>
void run(const GatheredProduct<T>& p) {
  if (p.rows == 0) return;
  const int64_t width = lanes<T>();
  for (int64_t column = 0; column < p.columns; column += 2 * width) {
    if (p.columns - column <= width) {
      run_column<T, 1>(p, column);
    } else {
      run_column<T, 2>(p, column);
    }
  }
}

template <typename T>
void pack(const T* from, int64_t ld, bool transpose, int64_t k, int64_t n, int64_t panel_stride,
          T* to) {
  const int64_t width = 2 * lanes<T>();
  for (int64_t j = 0; j < n; j += width, to += panel_stride) {
    pack_panel(transpose ? from + j * ld : from + j, ld, transpose, k, std::min(width, n - j),
               width, to);
  }
}

// Adds as many elements as fill vectors of `d`, from element i on.
template <typename D, typename T>
HWY_INLINE void add_vectors(D d, const AddedRun<T>& run, int64_t& i) {
  const int64_t width = static_cast<int64_t>(hn::Lanes(d));
  for (; i + width <= run.count; i += width) {
    hn::StoreU(hn::Add(hn::LoadU(d, run.to + i), hn::LoadU(d, run.from + i)), d, run.to + i);
  }
}

template <typename T>
void add(const AddedRun<T>* runs, int64_t count, int64_t step) {
  for (const AddedRun<T>* run = runs; run != runs + count; ++run) {
    int64_t i = 0;
    if (step == 1) {
      add_vectors(Tag<T>(), *run, i);
#if HWY_TARGET != HWY_SCALAR
      add_vectors(hn::FixedTag<T, 16 / sizeof(T)>(), *run, i);
#endif
    }
    for (; i < run->count; ++i) run->to[i * step] += run->from[i];
  }
}

void add_float(const AddedRun<float>* runs, int64_t count, int64_t step) { add(runs, count, step); }
void add_double(const AddedRun<double>* runs, int64_t count, int64_t step) {
  add(runs, count, step);
}
void run_float(const GatheredProduct<float>& p) { run(p); }
void run_double(const GatheredProduct<double>& p) { run(p); }
int64_t width_float() { return 2 * lanes<float>(); }
int64_t width_double() { return 2 * lanes<double>(); }
void pack_float(const float* from, int64_t ld, bool transpose, int64_t k, int64_t n,
                int64_t panel_stride, float* to) {
  pack(from, ld, transpose, k, n, panel_stride, to);
}
void pack_double(const double* from, int64_t ld, bool transpose, int64_t k, int64_t n,
                 int64_t panel_stride, double* to) {
  pack(from, ld, transpose, k, n, panel_stride, to);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace castalia::cpu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {
namespace {

HWY_EXPORT(run_float);
HWY_EXPORT(run_double);
HWY_EXPORT(width_float);
HWY_EXPORT(width_double);
HWY_EXPORT(pack_float);
HWY_EXPORT(pack_double);
HWY_EXPORT(add_float);
HWY_EXPORT(add_double);

}  // namespace

template <>
int64_t product_panel_width<float>() {
  ensure_dispatch();
  return HWY_DYNAMIC_DISPATCH(width_float)();
}

template <>
int64_t product_panel_width<double>() {
  ensure_dispatch();
  return HWY_DYNAMIC_DISPATCH(width_double)();
}

template <>
void run_product(const GatheredProduct<float>& product) {
  HWY_DYNAMIC_DISPATCH(run_float)(product);
}

template <>
void run_product(const GatheredProduct<double>& product) {
  HWY_DYNAMIC_DISPATCH(run_double)(product);
}

template <>
void add_runs(const AddedRun<float>* runs, int64_t count, int64_t step) {
  HWY_DYNAMIC_DISPATCH(add_float)(runs, count, step);
}

template <>
void add_runs(const AddedRun<double>* runs, int64_t count, int64_t step) {
  HWY_DYNAMIC_DISPATCH(add_double)(runs, count, step);
}

template <>
void pack_panels(const float* from, int64_t ld, bool transpose, int64_t k, int64_t n,
                 int64_t panel_stride, float* to) {
  HWY_DYNAMIC_DISPATCH(pack_float)(from, ld, transpose, k, n, panel_stride, to);
}

template <>
void pack_panels(const double* from, int64_t ld, bool transpose, int64_t k, int64_t n,
                 int64_t panel_stride, double* to) {
  HWY_DYNAMIC_DISPATCH(pack_double)(from, ld, transpose, k, n, panel_stride, to);
}

}  // namespace castalia::cpu
#endif  // HWY_ONCE
