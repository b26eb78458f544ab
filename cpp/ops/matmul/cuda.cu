#include <cmath>

#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/reference.h"
#include "cpp/runtime/cuda/libraries.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia {
namespace {

// Products of matrices, one for each index of the leading axes.
struct MatmulShape {
  int64_t items, m, n, k;
  // Distances in elements from row to row and along the sum, and of the matrices.
  int64_t a_row, a_inner, b_inner, b_column;
  cuda::Layout a_items, b_items;
};

// One element of the result.
template <typename T>
struct MatmulElement {
  MatmulShape shape;
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const int64_t column = index % shape.n;
    const int64_t row = index / shape.n % shape.m;
    const int64_t item = index / shape.n / shape.m;
    const T* a = operands.in<T>(0) + shape.a_items.offset(item) + row * shape.a_row;
    const T* b = operands.in<T>(1) + shape.b_items.offset(item) + column * shape.b_column;
    T sum = 0;
    for (int64_t k = 0; k < shape.k; ++k) {
      sum = std::fma(a[k * shape.a_inner], b[k * shape.b_inner], sum);
    }
    operands.out<T>(0)[index] = sum;
  }
};

// A square of the result: the operands go through shared memory, a slice of the sum at a time.
template <typename T>
struct MatmulTile {
  static constexpr int kThreads = 256;
  static constexpr int kSide = 64;   // of the square
  static constexpr int kSlice = 16;  // of the sum
  static constexpr int kOwn = 4;     // rows and columns of a thread
  static constexpr int kAcross = kSide / kOwn;
  static constexpr size_t kShared = 2 * kSlice * (kSide + 1) * sizeof(T);
  // A thread does the work of all in the emulation.
#ifdef __CUDA_ARCH__
  static constexpr int kTurns = 1;
#else
  static constexpr int kTurns = kThreads;
#endif

  MatmulShape shape;
  int64_t tiles_down, tiles_across;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, cuda::Block block) const {
    const int64_t first_column = block.index % tiles_across * kSide;
    const int64_t first_row = block.index / tiles_across % tiles_down * kSide;
    const int64_t item = block.index / tiles_across / tiles_down;
    const T* a = operands.in<T>(0) + shape.a_items.offset(item) + first_row * shape.a_row;
    const T* b = operands.in<T>(1) + shape.b_items.offset(item) + first_column * shape.b_column;
    const int rows = static_cast<int>(cap(shape.m - first_row));
    const int columns = static_cast<int>(cap(shape.n - first_column));
    T* const a_slice = reinterpret_cast<T*>(block.shared);  // (kSlice, kSide + 1)
    T* const b_slice = a_slice + kSlice * (kSide + 1);
    T sums[kTurns][kOwn][kOwn] = {};
    for (int64_t k = 0; k < shape.k; k += kSlice) {
      const int depth = static_cast<int>(shape.k - k < kSlice ? shape.k - k : kSlice);
      load(block, a + k * shape.a_inner, shape.a_row, shape.a_inner, rows, depth, a_slice);
      load(block, b + k * shape.b_inner, shape.b_column, shape.b_inner, columns, depth, b_slice);
      block.sync();
      for (int turn = 0; turn < kTurns; ++turn) {
        const int thread = block.thread() + turn;
        add_slice(a_slice + thread / kAcross, b_slice + thread % kAcross, sums[turn]);
      }
      block.sync();
    }
    T* const out = operands.out<T>(0) + (item * shape.m + first_row) * shape.n + first_column;
    for (int turn = 0; turn < kTurns; ++turn) {
      const int thread = block.thread() + turn;
      for (int i = 0; i < kOwn; ++i) {
        const int row = thread / kAcross + i * kAcross;
        for (int j = 0; j < kOwn; ++j) {
          const int column = thread % kAcross + j * kAcross;
          if (row < rows && column < columns) out[row * shape.n + column] = sums[turn][i][j];
        }
      }
    }
  }

 private:
  static CASTALIA_ANYWHERE int64_t cap(int64_t left) { return left < kSide ? left : kSide; }

  // A slice of an operand; what lies outside is zero. Neighbouring threads read along the direction
  // that is dense.
  static CASTALIA_ANYWHERE void load(const cuda::Block& block, const T* from, int64_t side_step,
                                     int64_t inner_step, int sides, int depth, T* slice) {
    const bool inner_is_dense = inner_step == 1;
    block.each(kSide * kSlice, [&](int64_t index) {
      const int i = static_cast<int>(index);
      const int k = inner_is_dense ? i % kSlice : i / kSide;
      const int side = inner_is_dense ? i / kSlice : i % kSide;
      slice[k * (kSide + 1) + side] =
          side < sides && k < depth ? from[side * side_step + k * inner_step] : T(0);
    });
  }

  // Rows and columns of a thread lie kAcross apart, so that neighbours read neighbouring words.
  static CASTALIA_ANYWHERE void add_slice(const T* a, const T* b, T (&sums)[kOwn][kOwn]) {
    for (int k = 0; k < kSlice; ++k) {
      T column[kOwn];
      for (int i = 0; i < kOwn; ++i) column[i] = a[k * (kSide + 1) + i * kAcross];
      for (int j = 0; j < kOwn; ++j) {
        const T factor = b[k * (kSide + 1) + j * kAcross];
        for (int i = 0; i < kOwn; ++i) sums[i][j] = std::fma(column[i], factor, sums[i][j]);
      }
    }
  }
};

// Where the matrices of an operand lie, over the leading axes of the result.
cuda::Layout matmul_items(const Shape& operand, const Shape& out) {
  const auto leading = [](const Shape& shape) {
    return Shape(std::span<const int64_t>(shape.begin(), static_cast<size_t>(shape.rank() - 2)));
  };
  const Shape lead = leading(out);
  const auto steps = broadcast_strides(leading(operand), lead);
  cuda::Layout layout{.rank = lead.rank()};
  for (int i = 0; i < lead.rank(); ++i) {
    layout.extents[i] = lead[i];
    layout.strides[i] =
        steps[static_cast<size_t>(i)] * operand[operand.rank() - 2] * operand.back();
  }
  return layout;
}

MatmulShape matmul_shape(const KernelRequest& request) {
  const Shape& a = request.inputs[0].shape;
  const Shape& b = request.inputs[1].shape;
  const Shape& out = request.outputs[0].shape;
  const bool transpose_a = request.attributes.integer("transpose_a") != 0;
  const bool transpose_b = request.attributes.integer("transpose_b") != 0;
  return {.items = out.count(0, out.rank() - 2),
          .m = out[out.rank() - 2],
          .n = out.back(),
          .k = a[a.rank() - (transpose_a ? 2 : 1)],
          .a_row = transpose_a ? 1 : a.back(),
          .a_inner = transpose_a ? a.back() : 1,
          .b_inner = transpose_b ? 1 : b.back(),
          .b_column = transpose_b ? b.back() : 1,
          .a_items = matmul_items(a, out),
          .b_items = matmul_items(b, out)};
}

std::unique_ptr<Kernel> make_matmul_on_device(const KernelRequest& request, std::string*) {
  const MatmulShape shape = matmul_shape(request);
  auto kernel = cuda::kernel_for("matmul", request);
  kernel->set_flops(2.0 * static_cast<double>(shape.items * shape.m) *
                    static_cast<double>(shape.n * shape.k));
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    using Tile = MatmulTile<T>;
    // Below half a square in either direction most threads of a tile would have nothing to do.
    if (shape.m < Tile::kSide / 2 || shape.n < Tile::kSide / 2) {
      kernel->each(shape.items * shape.m * shape.n, MatmulElement<T>{shape});
      return;
    }
    const int64_t down = (shape.m + Tile::kSide - 1) / Tile::kSide;
    const int64_t across = (shape.n + Tile::kSide - 1) / Tile::kSide;
    kernel->template blocks<Tile::kThreads>(shape.items * down * across, Tile::kShared,
                                            Tile{shape, down, across});
  });
  return kernel;
}

}  // namespace

// The library first: its products are tuned for the device.
void matmul_cuda_kernels(KernelTable& table) {
  table.add("matmul", {"cublas", cuda::make_matmul});
  table.add("matmul", {"cuda", make_matmul_on_device});
}

}  // namespace castalia
