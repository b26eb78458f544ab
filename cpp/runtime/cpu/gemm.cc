#include "cpp/runtime/cpu/gemm.h"

#include <algorithm>
#include <cstring>

#include "cpp/base/status.h"
#include "cpp/runtime/cpu/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/gemm.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "cpp/runtime/cpu/gemm_strip-inl.h"

// How a product is computed. B is copied ("packed") into panels of two vectors' width, a block of k
// at a time; a panel of one block stays in the first-level cache while the rows of A pass by. The
// innermost loop holds rows x 2 vectors of C in registers. A is read where it lies, by
// broadcasting single elements, unless it is transposed; then it is packed too. When k has several
// blocks, C holds the running sums between them, which is exact.

#ifndef CASTALIA_CPP_RUNTIME_CPU_GEMM_ONCE_
#define CASTALIA_CPP_RUNTIME_CPU_GEMM_ONCE_
namespace castalia::cpu {
namespace {

constexpr int64_t kBlockK = 256;            // a panel of 16 floats: 16 KB, half of a small L1 cache
constexpr int64_t kBlockRows = 96;          // rows of A that pass by a panel: 96 KB of float
constexpr int64_t kPackBytes = 256 * 1024;  // packed B, in the L2 cache
constexpr int64_t kMaxPanelBytes = 2 * 64;  // the widest panel: two AVX-512 vectors
// With so few rows copying B costs more than reading it row by row.
constexpr int64_t kMaxDirectRows = 16;

constexpr int64_t round_up(int64_t x, int64_t unit) { return (x + unit - 1) / unit * unit; }
constexpr int64_t divide_up(int64_t x, int64_t y) { return (x + y - 1) / y; }

// Columns of B packed at a time; a multiple of every panel width.
template <typename T>
constexpr int64_t kBlockColumns = kPackBytes / (kBlockK * static_cast<int64_t>(sizeof(T)));

// A rectangle of C to compute, with all that is needed for it.
template <typename T>
struct Job {
  int64_t row_begin, row_end, column_begin, column_end, k;
  const T* a;
  int64_t lda;
  bool transpose_a;
  const T* b;  // null when `packed` is set
  int64_t ldb;
  bool transpose_b;
  // All of op(B): for each block of k its panels. column_begin is then a multiple of their width.
  const T* packed;
  int64_t packed_columns;  // of a block, those that fill up the last panel included
  T* c;
  int64_t ldc;
  GemmEpilogue<T> epilogue;
  T* b_scratch;
  T* a_scratch;
};

}  // namespace
}  // namespace castalia::cpu
#endif  // CASTALIA_CPP_RUNTIME_CPU_GEMM_ONCE_

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu {
namespace HWY_NAMESPACE {
namespace {

// Rows that are copied next are on their way meanwhile. They may end behind the matrix: nothing is
// read.
template <typename T>
void prefetch_rows(const T* from, int64_t ld, int64_t rows, int64_t columns) {
  constexpr int64_t kLine = 64 / static_cast<int64_t>(sizeof(T));
  for (int64_t p = 0; p < rows; ++p) {
    for (int64_t j = 0; j < columns; j += kLine) hwy::Prefetch(from + p * ld + j);
  }
}

// The panels of one block of op(B). Rows of B that follow each other are read in turn, a few at a
// time, so that memory is read in order.
template <typename T>
void pack_block(const T* b, int64_t ldb, bool transpose, int64_t k, int64_t columns, T* to) {
  const int64_t width = 2 * lanes<T>();
  const int64_t step = transpose ? k : 16;
  for (int64_t begin = 0; begin < k; begin += step) {
    const int64_t depth = std::min(step, k - begin);
    if (!transpose) prefetch_rows(b + (begin + step) * ldb, ldb, step, columns);
    for (int64_t j = 0; j < columns; j += width) {
      pack_panel(transpose ? b + j * ldb : b + begin * ldb + j, ldb, transpose, depth,
                 std::min(width, columns - j), width, to + j * k + begin * width);
    }
  }
}

// How the rows of a block are shared out: `large` groups of size + 1 rows, then groups of size.
struct Groups {
  int64_t count, size, large;
};

Groups share_rows(int64_t rows) {
  const int64_t count = divide_up(rows, kRows);
  return {count, rows / count, rows % count};
}

// Packs the transposed A: for each group of rows a panel [k, rows of the group]. A few k at a time,
// so that a cache line of A is still there when the next group needs it.
template <typename T>
void pack_rows(const T* a, int64_t lda, int64_t k, const Groups& groups, T* HWY_RESTRICT to) {
  constexpr int64_t kStep = 16;
  for (int64_t begin = 0; begin < k; begin += kStep) {
    const int64_t end = std::min(k, begin + kStep);
    prefetch_rows(a + end * lda, lda, kStep, groups.count * groups.size + groups.large);
    const T* from = a;
    T* panel = to;
    for (int64_t g = 0; g < groups.count; ++g) {
      const int64_t rows = groups.size + (g < groups.large ? 1 : 0);
      if (rows == kRows) {
        for (int64_t p = begin; p < end; ++p) {
          std::memcpy(panel + p * kRows, from + p * lda, kRows * sizeof(T));
        }
      } else {
        for (int64_t p = begin; p < end; ++p) {
          for (int64_t i = 0; i < rows; ++i) panel[p * rows + i] = from[p * lda + i];
        }
      }
      from += rows;
      panel += rows * k;
    }
  }
}

// All groups of rows against one strip of panels.
template <typename T, int Vectors, bool PackedA>
void run_groups(Strip<T> s, const Groups& groups) {
  const T* a = s.a;
  T* c = s.c;
  const int64_t a_row = s.a_row;
  for (const bool large : {true, false}) {
    const int64_t rows = groups.size + (large ? 1 : 0);
    s.blocks = large ? groups.large : groups.count - groups.large;
    if (s.blocks == 0) continue;
    s.a = a;
    s.c = c;
    s.a_row = PackedA ? rows * s.k : a_row;
    choose_kernel<T, Vectors, PackedA>(rows)(s);
    a += s.blocks * rows * (PackedA ? s.k : a_row);
    s.row += s.blocks * rows;
    c += s.blocks * rows * s.ldc;
  }
}

// Rows of A, already located, against all panels of one block of columns and k.
template <typename T, bool PackedA>
void run_panels(Strip<T> s, int64_t rows, int64_t columns, const T* edge_panel) {
  const int64_t width = 2 * lanes<T>();
  const Groups groups = share_rows(rows);
  const T* const b = s.b;
  T* const c = s.c;
  const T* const bias = s.bias;
  const int64_t first_column = s.column;
  int64_t j = 0;
  const auto at = [&](int64_t column) {
    s.b = b + column / width * s.b_panel;
    s.c = c + column;
    s.column = first_column + column;
    s.bias = bias == nullptr ? nullptr : bias + column;
  };
  if (rows <= kFewRows) {
    const int64_t together = kPanelsTogether[rows] * width;
    const StripKernel<T> kernel = choose_wide_kernel<T, PackedA>(rows);
    s.blocks = 1;
    s.columns = together;
    for (; j + together <= columns; j += together) {
      at(j);
      kernel(s);
    }
  }
  for (; j < columns; j += width) {
    at(j);
    s.columns = std::min(width, columns - j);
    if (s.columns < width && edge_panel != nullptr) {
      s.b = edge_panel;
      s.b_k = width;
    }
    if (2 * s.columns <= width) {
      run_groups<T, 1, PackedA>(s, groups);
    } else {
      run_groups<T, 2, PackedA>(s, groups);
    }
  }
}

template <typename T>
void run_job(const Job<T>& job) {
  const int64_t width = 2 * lanes<T>();
  const bool direct =
      job.packed == nullptr && !job.transpose_b && job.row_end - job.row_begin <= kMaxDirectRows;
  for (int64_t j = job.column_begin; j < job.column_end; j += kBlockColumns<T>) {
    const int64_t columns = std::min(kBlockColumns<T>, job.column_end - j);
    int64_t k = 0;
    do {
      const int64_t depth = std::min(kBlockK, job.k - k);
      Strip<T> s{};
      s.ldc = job.ldc;
      s.k = depth;
      s.resume = k > 0;
      s.finish = k + depth == job.k;
      s.relu = job.epilogue.relu;
      s.bias = job.epilogue.bias == nullptr ? nullptr : job.epilogue.bias + j;
      s.steps = job.epilogue.steps;
      s.step_count = s.finish ? job.epilogue.step_count : 0;
      const T* edge_panel = nullptr;
      if (job.packed != nullptr) {
        s.b = job.packed + k * job.packed_columns + j * depth;
        s.b_k = width;
        s.b_panel = depth * width;
      } else if (direct) {
        s.b = job.b + k * job.ldb + j;
        s.b_k = job.ldb;
        s.b_panel = width;
        if (const int64_t edge = columns % width; edge != 0) {
          pack_panel(s.b + (columns - edge), job.ldb, false, depth, edge, width, job.b_scratch);
          edge_panel = job.b_scratch;
        }
      } else {
        const T* from = job.transpose_b ? job.b + j * job.ldb + k : job.b + k * job.ldb + j;
        pack_block(from, job.ldb, job.transpose_b, depth, columns, job.b_scratch);
        s.b = job.b_scratch;
        s.b_k = width;
        s.b_panel = depth * width;
      }
      for (int64_t i = job.row_begin; i < job.row_end; i += kBlockRows) {
        const int64_t rows = std::min(kBlockRows, job.row_end - i);
        s.c = job.c + i * job.ldc + j;
        s.row = job.epilogue.first_row + i;
        s.column = j;
        if (job.transpose_a) {
          pack_rows(job.a + k * job.lda + i, job.lda, depth, share_rows(rows), job.a_scratch);
          s.a = job.a_scratch;
          run_panels<T, true>(s, rows, columns, edge_panel);
        } else {
          s.a = job.a + i * job.lda + k;
          s.a_row = job.lda;
          run_panels<T, false>(s, rows, columns, edge_panel);
        }
        if (s.finish && job.epilogue.finish != nullptr) {
          job.epilogue.finish(job.epilogue.object, i, rows, j, columns);
        }
      }
      k += depth;
    } while (k < job.k);
  }
}

// All of op(B), a block of k after the other.
template <typename T>
void pack_all(int64_t k, int64_t n, const T* b, bool transpose, int64_t ldb, T* to) {
  const int64_t columns = round_up(n, 2 * lanes<T>());
  for (int64_t begin = 0; begin < k; begin += kBlockK) {
    pack_block(transpose ? b + begin : b + begin * ldb, ldb, transpose,
               std::min(kBlockK, k - begin), n, to + begin * columns);
  }
}

void run_float(const Job<float>& job) { run_job(job); }
void run_double(const Job<double>& job) { run_job(job); }
int64_t panel_width_float() { return 2 * lanes<float>(); }
int64_t panel_width_double() { return 2 * lanes<double>(); }
void pack_float(int64_t k, int64_t n, const float* b, bool transpose, int64_t ldb, float* to) {
  pack_all(k, n, b, transpose, ldb, to);
}
void pack_double(int64_t k, int64_t n, const double* b, bool transpose, int64_t ldb, double* to) {
  pack_all(k, n, b, transpose, ldb, to);
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
HWY_EXPORT(panel_width_float);
HWY_EXPORT(panel_width_double);
HWY_EXPORT(pack_float);
HWY_EXPORT(pack_double);

template <typename T>
constexpr bool kIsFloat = sizeof(T) == sizeof(float);

template <typename T>
void run(const Job<T>& job) {
  if constexpr (kIsFloat<T>) {
    HWY_DYNAMIC_DISPATCH(run_float)(job);
  } else {
    HWY_DYNAMIC_DISPATCH(run_double)(job);
  }
}

template <typename T>
int64_t panel_width() {
  ensure_dispatch();
  if constexpr (kIsFloat<T>) {
    return HWY_DYNAMIC_DISPATCH(panel_width_float)();
  } else {
    return HWY_DYNAMIC_DISPATCH(panel_width_double)();
  }
}

// The grid of tiles. A tile has about a million multiply-adds, some 20 microseconds, but not fewer
// than 32 rows or 64 columns, below which copying B and A would cost too much.
struct Grid {
  int64_t rows, columns;            // of a tile
  int64_t row_tiles, column_tiles;  // how many
};

Grid make_grid(const GemmShape& shape) {
  constexpr double kWork = 1 << 20;
  constexpr int64_t kMinRows = 32;
  constexpr int64_t kMinColumns = 64;  // a multiple of every panel width
  Grid grid{0, 0, 0, 0};
  if (shape.m <= 0 || shape.n <= 0) return grid;
  const double work = static_cast<double>(shape.m) * static_cast<double>(shape.n) *
                      static_cast<double>(std::max<int64_t>(shape.k, 1));
  const int64_t wanted = static_cast<int64_t>(std::clamp(work / kWork, 1.0, 1e9));
  grid.row_tiles = std::min(wanted, divide_up(shape.m, kMinRows));
  grid.rows = divide_up(shape.m, grid.row_tiles);
  grid.row_tiles = divide_up(shape.m, grid.rows);
  grid.column_tiles = std::min(divide_up(wanted, grid.row_tiles), divide_up(shape.n, kMinColumns));
  grid.columns = round_up(divide_up(shape.n, grid.column_tiles), kMinColumns);
  grid.column_tiles = divide_up(shape.n, grid.columns);
  return grid;
}

template <typename T>
int64_t b_scratch_elements(const GemmShape& shape) {
  const int64_t columns = std::min(
      kBlockColumns<T>, round_up(shape.n, kMaxPanelBytes / static_cast<int64_t>(sizeof(T))));
  return columns * std::min(kBlockK, shape.k);
}

// Cuts [first, last) into rectangles. Tiles count down the rows of one column of tiles first, so
// neighbours that share columns become one rectangle and share the packed B; so do whole columns.
template <typename T>
void run_range(const GemmShape& shape, Job<T> job, std::byte* scratch, int64_t first,
               int64_t last) {
  const Grid grid = make_grid(shape);
  check(first >= 0 && last <= grid.row_tiles * grid.column_tiles, "matrix product: tiles ", first,
        " to ", last, " of ", grid.row_tiles * grid.column_tiles);
  job.k = shape.k;
  job.lda = shape.lda != 0 ? shape.lda : (shape.transpose_a ? shape.m : shape.k);
  job.transpose_a = shape.transpose_a;
  job.ldc = shape.ldc != 0 ? shape.ldc : shape.n;
  job.b_scratch = reinterpret_cast<T*>(scratch);
  job.a_scratch = job.b_scratch + (job.packed != nullptr ? 0 : b_scratch_elements<T>(shape));
  while (first < last) {
    const int64_t column = first / grid.row_tiles;
    const int64_t top = first - column * grid.row_tiles;
    const int64_t whole = top == 0 ? (last - first) / grid.row_tiles : 0;
    const int64_t end =
        whole > 0 ? first + whole * grid.row_tiles : std::min(last, (column + 1) * grid.row_tiles);
    job.column_begin = column * grid.columns;
    job.column_end = std::min(shape.n, (column + std::max<int64_t>(whole, 1)) * grid.columns);
    job.row_begin = top * grid.rows;
    job.row_end = whole > 0 ? shape.m : std::min(shape.m, (top + end - first) * grid.rows);
    run(job);
    first = end;
  }
}

}  // namespace

template <typename T>
size_t gemm_packed_bytes(int64_t k, int64_t n) {
  return static_cast<size_t>(round_up(n, panel_width<T>()) * k) * sizeof(T);
}

template <typename T>
void gemm_pack(int64_t k, int64_t n, const T* b, bool transpose, int64_t ldb, T* packed) {
  ensure_dispatch();
  if (ldb == 0) ldb = transpose ? k : n;
  if constexpr (kIsFloat<T>) {
    HWY_DYNAMIC_DISPATCH(pack_float)(k, n, b, transpose, ldb, packed);
  } else {
    HWY_DYNAMIC_DISPATCH(pack_double)(k, n, b, transpose, ldb, packed);
  }
}

int64_t gemm_tiles(const GemmShape& shape) {
  const Grid grid = make_grid(shape);
  return grid.row_tiles * grid.column_tiles;
}

template <typename T>
size_t gemm_scratch_bytes(const GemmShape& shape) {
  int64_t elements = b_scratch_elements<T>(shape);
  if (shape.transpose_a) {
    elements += std::min(kBlockRows, shape.m) * std::min(kBlockK, shape.k);
  }
  return static_cast<size_t>(round_up(elements * static_cast<int64_t>(sizeof(T)), 64));
}

template <typename T>
void gemm_run_tiles(const GemmShape& shape, const T* a, const T* b, T* c,
                    const GemmEpilogue<T>& epilogue, std::byte* scratch, int64_t first,
                    int64_t last) {
  ensure_dispatch();
  Job<T> job{};
  job.a = a;
  job.b = b;
  job.ldb = shape.ldb != 0 ? shape.ldb : (shape.transpose_b ? shape.k : shape.n);
  job.transpose_b = shape.transpose_b;
  job.c = c;
  job.epilogue = epilogue;
  run_range(shape, job, scratch, first, last);
}

template <typename T>
void gemm_run_packed_tiles(const GemmShape& shape, const T* a, const T* packed, T* c,
                           const GemmEpilogue<T>& epilogue, std::byte* scratch, int64_t first,
                           int64_t last) {
  ensure_dispatch();
  Job<T> job{};
  job.a = a;
  job.packed = packed;
  job.packed_columns = round_up(shape.n, panel_width<T>());
  job.c = c;
  job.epilogue = epilogue;
  run_range(shape, job, scratch, first, last);
}

#define CASTALIA_INSTANTIATE(T)                                                          \
  template size_t gemm_packed_bytes<T>(int64_t, int64_t);                                \
  template void gemm_pack<T>(int64_t, int64_t, const T*, bool, int64_t, T*);             \
  template size_t gemm_scratch_bytes<T>(const GemmShape&);                               \
  template void gemm_run_tiles<T>(const GemmShape&, const T*, const T*, T*,              \
                                  const GemmEpilogue<T>&, std::byte*, int64_t, int64_t); \
  template void gemm_run_packed_tiles<T>(const GemmShape&, const T*, const T*, T*,       \
                                         const GemmEpilogue<T>&, std::byte*, int64_t, int64_t);
CASTALIA_INSTANTIATE(float)
CASTALIA_INSTANTIATE(double)
#undef CASTALIA_INSTANTIATE

}  // namespace castalia::cpu
#endif  // HWY_ONCE
