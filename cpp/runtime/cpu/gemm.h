// Matrix products on the CPU: C[m,n] = op(A)[m,k] * op(B)[k,n], row-major, float or double.
//
// The contract: every element of C is one chain of multiply-adds over k = 0, 1, ..., K-1, in that
// order and in the element's own precision, starting from zero. It depends on its row of op(A), its
// column of op(B) and K, and on nothing else: not on the number of rows, the tile, the thread, or
// whether B was packed beforehand. So any part of a product has the bits of the whole. (A
// multiply-add is fused where the instruction set has it, AVX2 and up, and rounds twice where not.)
//
// A product is cut into tiles, whose number depends on the shape alone. Neighbouring tiles share
// work (a packed copy of B) when one call computes them: give each thread one range, not many
// single tiles. Nothing here allocates. Every function may be called from any
// thread; calls that run together need scratch of their own.
#ifndef CASTALIA_CPP_RUNTIME_CPU_GEMM_H_
#define CASTALIA_CPP_RUNTIME_CPU_GEMM_H_

#include <cstddef>
#include <cstdint>

#include "cpp/runtime/cpu/row_steps.h"

namespace castalia::cpu {

// op(A) is [m, k]: A itself is [m, k], or [k, m] when transpose_a is set; B likewise [k, n] or
// [n, k]. A leading dimension is the distance between rows as stored, in elements; 0 means dense.
struct GemmShape {
  int64_t m = 0;
  int64_t n = 0;
  int64_t k = 0;
  bool transpose_a = false;
  bool transpose_b = false;
  int64_t lda = 0;
  int64_t ldb = 0;
  int64_t ldc = 0;
};

// What happens to a finished element: c = relu(c + bias[column]). relu(x) is 0 for x < 0 and x
// otherwise, so NaN stays NaN. Then the steps: of float products alone, where n is a multiple of
// kRowStepColumns and C overlaps none of their operands. The bits are those of the separate
// operations. Then `finish`, if there is one, is called for every rectangle of C whose elements are
// complete, while they are in the cache: rows [row, row + rows) of columns [column, column +
// columns). Each element is in one of them. It may change the rectangle and nothing else of C.
template <typename T>
struct GemmEpilogue {
  const T* bias = nullptr;  // [n], or null
  bool relu = false;
  const RowStep* steps = nullptr;
  int step_count = 0;
  int64_t first_row = 0;  // of C, among those that the steps count
  void (*finish)(void* object, int64_t row, int64_t rows, int64_t column,
                 int64_t columns) = nullptr;
  void* object = nullptr;
};

// op(B) may be copied once into the order in which products read it, for weights that do not
// change: for each block of k panels of columns one after another, each [k of the block, width of a
// panel], the last one padded with zeros. The copy is made for the instruction set in use and
// cannot be used under another one.
template <typename T>
size_t gemm_packed_bytes(int64_t k, int64_t n);

// B is [k, n], or [n, k] when `transpose` is set; ldb = 0 means dense. `packed` has
// gemm_packed_bytes() bytes on a 64-byte boundary.
template <typename T>
void gemm_pack(int64_t k, int64_t n, const T* b, bool transpose, int64_t ldb, T* packed);

// Number of tiles; 0 when C is empty.
int64_t gemm_tiles(const GemmShape& shape);

// Scratch that a thread needs to run any range of tiles. It must start on a 64-byte boundary.
template <typename T>
size_t gemm_scratch_bytes(const GemmShape& shape);

// Computes tiles [first, last) of C. C must not overlap A, B or the bias. Reads and writes only
// elements of the matrices. k = 0 gives the epilogue of zero.
template <typename T>
void gemm_run_tiles(const GemmShape& shape, const T* a, const T* b, T* c,
                    const GemmEpilogue<T>& epilogue, std::byte* scratch, int64_t first,
                    int64_t last);

// The same with op(B) packed beforehand; shape.transpose_b and shape.ldb are not used. Scratch is
// needed only when A is transposed; gemm_scratch_bytes is always enough.
template <typename T>
void gemm_run_packed_tiles(const GemmShape& shape, const T* a, const T* packed, T* c,
                           const GemmEpilogue<T>& epilogue, std::byte* scratch, int64_t first,
                           int64_t last);

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_GEMM_H_
