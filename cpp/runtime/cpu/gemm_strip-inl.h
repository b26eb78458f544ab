// The innermost loops of the matrix product; included by gemm.cc, once for every instruction set.

#ifndef CASTALIA_CPP_RUNTIME_CPU_GEMM_STRIP_ONCE_
#define CASTALIA_CPP_RUNTIME_CPU_GEMM_STRIP_ONCE_

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "cpp/runtime/cpu/row_steps.h"

namespace castalia::cpu {

// What the innermost loops get: `blocks` groups of rows of A against adjoining panels of B.
template <typename T>
struct Strip {
  const T* a;
  int64_t a_row;  // distance between rows; for packed A between groups
  int64_t blocks;
  const T* b;
  int64_t b_k;      // distance between successive k
  int64_t b_panel;  // distance between panels
  T* c;
  int64_t ldc;
  int64_t k;
  int64_t columns;  // columns of C that exist; fewer than computed in the last panel
  bool resume;      // C holds the sums of earlier blocks of k
  bool finish;      // last block of k: apply the epilogue
  const T* bias;    // of the first column, or null
  bool relu;
  const RowStep* steps;
  int step_count;       // 0 before the last block of k
  int64_t row, column;  // of the first element of C, as the steps count
};

}  // namespace castalia::cpu
#endif  // CASTALIA_CPP_RUNTIME_CPU_GEMM_STRIP_ONCE_

// Highway's guard for a file that is compiled once for every instruction set.
#if defined(CASTALIA_CPP_RUNTIME_CPU_GEMM_STRIP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CASTALIA_CPP_RUNTIME_CPU_GEMM_STRIP_INL_H_
#undef CASTALIA_CPP_RUNTIME_CPU_GEMM_STRIP_INL_H_
#else
#define CASTALIA_CPP_RUNTIME_CPU_GEMM_STRIP_INL_H_
#endif

#include "cpp/runtime/cpu/panel-inl.h"
#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Rows up to which several panels are computed together, so that enough sums are in flight to
// hide the latency of a multiply-add.
constexpr int kFewRows = 3;
constexpr int kPanelsTogether[kFewRows + 1] = {1, 4, 2, 2};

// Where the operand's elements lie that meet C's from `row` and `column` on.
template <int Rows>
HWY_INLINE void rows_of_operand(const RowStep& step, int64_t row, int64_t column,
                                const float** rows) {
  const float* base = step.operand + (step.by_column ? column : 0);
  if (row + Rows <= step.period) {
    for (int i = 0; i < Rows; ++i) rows[i] = base + (row + i) * step.inner;
    return;
  }
  int64_t period = row / step.period;
  int64_t place = row - period * step.period;
  for (int i = 0; i < Rows; ++i) {
    rows[i] = base + period * step.outer + place * step.inner;
    if (++place == step.period) {
      place = 0;
      ++period;
    }
  }
}

// Where rows of a matrix start that are fetched while a product is computed: C's own, and those
// that steps read and write.
template <typename T, int Rows>
struct RowsAhead {
  static constexpr int kMatrices = 5;  // C among them; further ones are fetched when they are read
  const T* rows[kMatrices * Rows];
  int count = 0;

  void add_matrix(const T* first, int64_t ld) {
    for (int i = 0; i < Rows; ++i) rows[count++] = first + i * ld;
  }
};

template <int Rows>
HWY_INLINE void add_steps(const Strip<float>& s, int64_t row, RowsAhead<float, Rows>& ahead) {
  for (int k = 0; k < s.step_count && ahead.count <= (ahead.kMatrices - 1) * Rows; ++k) {
    const RowStep& step = s.steps[k];
    if (step.out != nullptr) {
      ahead.add_matrix(step.out + row * s.ldc + s.column, s.ldc);
    } else if (step.by_column && step.inner != 0) {
      rows_of_operand<Rows>(step, row, s.column, ahead.rows + ahead.count);
      ahead.count += Rows;
    }
  }
}

template <int Rows, int Vectors, typename Function>
HWY_INLINE void for_each_vector(Function function) {
#pragma GCC unroll 16
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; ++v) function(i, v);
  }
}

template <int Rows, int Vectors>
HWY_INLINE void apply_steps(const Strip<float>& s, int64_t row,
                            hn::Vec<Tag<float>> (&x)[Rows][Vectors]) {
  const Tag<float> d;
  using V = hn::Vec<Tag<float>>;
  using Kind = RowStep::Kind;
  const int64_t width = lanes<float>();
  for (int k = 0; k < s.step_count; ++k) {
    const RowStep& step = s.steps[k];
    const V constant = hn::Set(d, step.constant);
    const auto each = [](auto function) { for_each_vector<Rows, Vectors>(function); };
    const float* rows[Rows];
    if (step.operand != nullptr) rows_of_operand<Rows>(step, row, s.column, rows);
    const auto at_column = [&](int i, int v) { return hn::LoadU(d, rows[i] + v * width); };
    const auto out = [&](int i, int v) {
      return step.out + (row + i) * s.ldc + s.column + v * width;
    };
    const auto with_operand = [&](auto operation) {
      if (step.operand == nullptr) {
        each([&](int i, int v) { x[i][v] = operation(x[i][v], constant); });
      } else if (step.by_column) {
        each([&](int i, int v) { x[i][v] = operation(x[i][v], at_column(i, v)); });
      } else {
        each([&](int i, int v) { x[i][v] = operation(x[i][v], hn::Set(d, *rows[i])); });
      }
    };
    switch (step.kind) {
      case Kind::add: with_operand([](V a, V b) { return hn::Add(a, b); }); break;
      case Kind::multiply: with_operand([](V a, V b) { return hn::Mul(a, b); }); break;
      case Kind::relu:
        each([&](int i, int v) {
          x[i][v] = hn::IfThenZeroElse(hn::Lt(x[i][v], hn::Zero(d)), x[i][v]);
        });
        break;
      case Kind::leaky_relu:
        each([&](int i, int v) {
          x[i][v] =
              hn::IfThenElse(hn::Gt(x[i][v], hn::Zero(d)), x[i][v], hn::Mul(x[i][v], constant));
        });
        break;
      case Kind::keep:
        each([&](int i, int v) {
          x[i][v] = hn::IfThenElse(hn::Eq(at_column(i, v), hn::Zero(d)), hn::Mul(x[i][v], constant),
                                   x[i][v]);
        });
        break;
      case Kind::keep_positive:
        each([&](int i, int v) {
          x[i][v] = hn::IfThenElse(hn::Gt(at_column(i, v), hn::Zero(d)), x[i][v],
                                   hn::Mul(x[i][v], constant));
        });
        break;
      case Kind::write: each([&](int i, int v) { hn::StoreU(x[i][v], d, out(i, v)); }); break;
      case Kind::write_positive:
        each([&](int i, int v) {
          const auto positive = hn::Gt(x[i][v], hn::Zero(d));
          hn::StoreU(hn::IfThenElseZero(positive, hn::Set(d, 1.0F)), d, out(i, v));
        });
        break;
    }
  }
}

// Rows x (Vectors * Panels) vectors of C, again for every group of rows of the strip.
template <typename T, int Rows, int Vectors, int Panels, bool PackedA>
void strip_kernel(const Strip<T>& s) {
  constexpr int kVectors = Vectors * Panels;
  constexpr int kHalf = kVectors * static_cast<int>(hn::MaxLanes(Tag<T>())) / 2;
  // Columns are whole panels where there are steps.
  constexpr bool kSteps = Vectors == 2 && sizeof(T) == sizeof(float);
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const int64_t width = lanes<T>();
  const bool partial = s.columns < kVectors * width;
  // A row of C as wide as what is computed, for the panel that sticks out of C.
  HWY_ALIGN T edge[kVectors * hn::MaxLanes(Tag<T>())];
  HWY_ALIGN T bias[kVectors * hn::MaxLanes(Tag<T>())];
  if (s.finish && s.bias != nullptr) {
    std::copy_n(s.bias, s.columns, bias);
    std::fill(bias + s.columns, bias + kVectors * width, T(0));
  }
  if (partial) std::fill(edge, edge + kVectors * width, T(0));

  const T* a = s.a;
  T* c = s.c;
  int64_t row = s.row;
  for (int64_t block = 0; block < s.blocks; ++block) {
    V sum[Rows][kVectors];
    if (s.resume) {
#pragma GCC unroll 16
      for (int i = 0; i < Rows; ++i) {
        const T* from = c + i * s.ldc;
        if (partial) {
          copy_columns<kHalf>(from, s.columns, edge);
          from = edge;
        }
#pragma GCC unroll 16
        for (int v = 0; v < kVectors; ++v) sum[i][v] = hn::LoadU(d, from + v * width);
      }
    } else {
#pragma GCC unroll 16
      for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 16
        for (int v = 0; v < kVectors; ++v) sum[i][v] = hn::Zero(d);
      }
    }

    const T* b = s.b;
    const T* a_k = a;
    const int64_t a_row = PackedA ? 1 : s.a_row;
    const auto step = [&] {
      V b_row[kVectors];
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) {
        b_row[v] = hn::LoadU(d, b + (v / Vectors) * s.b_panel + (v % Vectors) * width);
      }
#pragma GCC unroll 16
      for (int i = 0; i < Rows; ++i) {
        const V a_ik = hn::Set(d, a_k[i * a_row]);
#pragma GCC unroll 16
        for (int v = 0; v < kVectors; ++v) sum[i][v] = hn::MulAdd(a_ik, b_row[v], sum[i][v]);
      }
      a_k += PackedA ? Rows : 1;
      b += s.b_k;
    };
    int64_t k = 0;
    if constexpr (Rows > kFewRows) {
      // The next group's rows of A, and what is read and written at the end, are on their way while
      // this group is computed: a few lines at a time, since only so many can be.
      constexpr auto kLine = static_cast<int64_t>(64 / sizeof(T));
      RowsAhead<T, Rows> ahead;
      ahead.add_matrix(c, s.ldc);
      if constexpr (kSteps) add_steps<Rows>(s, row, ahead);
      const int64_t turns = std::max<int64_t>(1, s.k / kLine);
      const int share = static_cast<int>((ahead.count + turns - 1) / turns);
      int next = 0;
      for (; k + kLine <= s.k; k += kLine) {
#pragma GCC unroll 16
        for (int i = 0; i < Rows; ++i) hwy::Prefetch(a_k + (Rows + i) * a_row);
        for (const int end = std::min(ahead.count, next + share); next < end; ++next) {
          hwy::Prefetch(ahead.rows[next]);
          if constexpr (2 * kHalf > kLine) hwy::Prefetch(ahead.rows[next] + kLine);
        }
#pragma GCC unroll 4
        for (int64_t u = 0; u < kLine; ++u) step();
      }
    }
    for (; k < s.k; ++k) step();

    if (s.finish && s.bias != nullptr) {
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) {
        const V column_bias = hn::Load(d, bias + v * width);
#pragma GCC unroll 16
        for (int i = 0; i < Rows; ++i) sum[i][v] = hn::Add(sum[i][v], column_bias);
      }
    }
    if (s.finish && s.relu) {
#pragma GCC unroll 16
      for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 16
        for (int v = 0; v < kVectors; ++v) {
          sum[i][v] = hn::IfThenZeroElse(hn::Lt(sum[i][v], hn::Zero(d)), sum[i][v]);
        }
      }
    }
    if constexpr (kSteps) apply_steps<Rows, kVectors>(s, row, sum);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) {
      T* to = partial ? edge : c + i * s.ldc;
#pragma GCC unroll 16
      for (int v = 0; v < kVectors; ++v) hn::StoreU(sum[i][v], d, to + v * width);
      if (partial) copy_columns<kHalf>(edge, s.columns, c + i * s.ldc);
    }
    a += PackedA ? s.a_row : Rows * s.a_row;
    c += Rows * s.ldc;
    row += Rows;
  }
}

template <typename T>
using StripKernel = void (*)(const Strip<T>&);

// The kernel for `rows` rows, counted at compile time from kRows down.
template <typename T, int Vectors, bool PackedA, int Rows = kRows>
StripKernel<T> choose_kernel(int64_t rows) {
  if constexpr (Rows == 1) {
    return &strip_kernel<T, 1, Vectors, 1, PackedA>;
  } else {
    if (rows == Rows) return &strip_kernel<T, Rows, Vectors, 1, PackedA>;
    return choose_kernel<T, Vectors, PackedA, Rows - 1>(rows);
  }
}

template <typename T, bool PackedA>
StripKernel<T> choose_wide_kernel(int64_t rows) {
  if (rows == 1) return &strip_kernel<T, 1, 2, kPanelsTogether[1], PackedA>;
  if (rows == 2) return &strip_kernel<T, 2, 2, kPanelsTogether[2], PackedA>;
  return &strip_kernel<T, 3, 2, kPanelsTogether[3], PackedA>;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace castalia::cpu
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
