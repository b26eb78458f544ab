#include "cpp/ops/reference.h"

namespace castalia {
namespace {

// Where the matrix of `operand` begins that takes part in product `item` of the result's leading
// axes.
int64_t matmul_matrix(const Shape& operand, const Shape& out, int64_t item) {
  const auto strides = operand.strides();
  const int missing = out.rank() - operand.rank();
  int64_t start = 0;
  for (int axis = out.rank() - 3; axis >= 0; --axis) {
    const int own = axis - missing;
    if (own >= 0 && operand[own] != 1)
      start += item % out[axis] * strides[static_cast<size_t>(own)];
    item /= out[axis];
  }
  return start;
}

}  // namespace

std::vector<Tensor> matmul_reference(const Attributes& attributes, std::span<const Tensor> inputs) {
  const Tensor& a = inputs[0];
  const Tensor& b = inputs[1];
  const int transpose_a = attributes.integer("transpose_a") != 0;
  const int transpose_b = attributes.integer("transpose_b") != 0;
  const int a_rank = a.shape.rank();
  const int b_rank = b.shape.rank();
  const int64_t m = a.shape[a_rank - 2 + transpose_a];
  const int64_t inner = a.shape[a_rank - 1 - transpose_a];
  const int64_t n = b.shape[b_rank - 1 - transpose_b];
  const auto leading = [](const Shape& shape) {
    return Shape(std::span<const int64_t>(shape.begin(), static_cast<size_t>(shape.rank() - 2)));
  };
  Shape shape = broadcast(leading(a.shape), leading(b.shape));
  const int64_t items = shape.count();
  shape.push_back(m);
  shape.push_back(n);
  Tensor out(shape);
  for (int64_t item = 0; item < items; ++item) {
    const int64_t first_a = matmul_matrix(a.shape, shape, item);
    const int64_t first_b = matmul_matrix(b.shape, shape, item);
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        for (int64_t k = 0; k < inner; ++k) {
          out[(item * m + i) * n + j] += a[first_a + (transpose_a ? k * m + i : i * inner + k)] *
                                         b[first_b + (transpose_b ? j * inner + k : k * n + j)];
        }
      }
    }
  }
  return {out};
}

}  // namespace castalia
