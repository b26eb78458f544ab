#include <cmath>

#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/product_rounding_cuda.h"
#include "cpp/ops/product_tile_cuda.h"
#include "cpp/ops/reference.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia {
namespace {

// Products of matrices, one for each index of the leading axes.
struct MatmulShape {
  int64_t items, m, n, k;
  // Distances in elements from row to row and along the sum, and of the matrices.
  int64_t a_row, a_inner, b_inner, b_column;
  cuda::Layout a_items, b_items;
  int dropped_bits;  // of each float operand, which is rounded when it is read
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
      sum = std::fma(rounded_product_operand(a[k * shape.a_inner], shape.dropped_bits),
                     rounded_product_operand(b[k * shape.b_inner], shape.dropped_bits), sum);
    }
    operands.out<T>(0)[index] = sum;
  }
};

// The factors of one tile.
template <typename T>
struct MatmulTerms {
  const MatmulShape& shape;
  const T* left;   // the tile's first row
  const T* right;  // its first column
  int64_t rows, columns;

  CASTALIA_ANYWHERE bool a_along_sum() const { return shape.a_inner == 1; }
  CASTALIA_ANYWHERE bool b_along_sum() const { return shape.b_inner == 1; }
  CASTALIA_ANYWHERE int64_t place(int64_t k) const { return k; }
  CASTALIA_ANYWHERE T a(int64_t k, int row) const {
    return row < rows ? rounded_product_operand(left[row * shape.a_row + k * shape.a_inner],
                                                shape.dropped_bits)
                      : T(0);
  }
  CASTALIA_ANYWHERE T b(int64_t k, int column) const {
    return column < columns
               ? rounded_product_operand(right[column * shape.b_column + k * shape.b_inner],
                                         shape.dropped_bits)
               : T(0);
  }
};

template <typename T, int ColumnsOfThread>
struct MatmulTile {
  using Tile = ProductTile<T, ColumnsOfThread>;

  MatmulShape shape;
  int64_t down, across;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands,
                                    const cuda::Block& block) const {
    const int64_t column = block.index % across * Tile::kColumns;
    const int64_t row = block.index / across % down * Tile::kRows;
    const int64_t item = block.index / across / down;
    const MatmulTerms<T> terms{
        shape, operands.in<T>(0) + shape.a_items.offset(item) + row * shape.a_row,
        operands.in<T>(1) + shape.b_items.offset(item) + column * shape.b_column, shape.m - row,
        shape.n - column};
    T* const out = operands.out<T>(0) + (item * shape.m + row) * shape.n + column;
    Tile::run(block, block.shared, terms, 0, shape.k, [&](int i, int j, T sum) {
      if (i < terms.rows && j < terms.columns) out[i * shape.n + j] = sum;
    });
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
          .b_items = matmul_items(b, out),
          .dropped_bits = dropped_bits(request.products)};
}

std::unique_ptr<Kernel> make_matmul_on_device(const KernelRequest& request, std::string*) {
  const MatmulShape shape = matmul_shape(request);
  auto kernel = cuda::kernel_for("matmul", request);
  kernel->set_flops(2.0 * static_cast<double>(shape.items * shape.m) *
                    static_cast<double>(shape.n * shape.k));
  cuda::with_floating(request.outputs[0].dtype, [&]<typename T>() {
    // With fewer most threads of a tile would have nothing to do.
    if (shape.m < 16 || shape.n < 8) {
      kernel->each(shape.items * shape.m * shape.n, MatmulElement<T>{shape});
      return;
    }
    with_tile_columns(shape.n, [&]<int Columns>() {
      using Tile = ProductTile<T, Columns>;
      const int64_t down = (shape.m + Tile::kRows - 1) / Tile::kRows;
      const int64_t across = (shape.n + Tile::kColumns - 1) / Tile::kColumns;
      kernel->template blocks<Tile::kThreads>(shape.items * down * across, Tile::kSharedBytes,
                                              MatmulTile<T, Columns>{shape, down, across});
    });
  });
  return kernel;
}

}  // namespace

void matmul_cuda_kernels(KernelTable& table) {
  table.add("matmul", {"cuda", make_matmul_on_device});
}

}  // namespace castalia
