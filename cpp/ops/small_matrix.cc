#include "cpp/ops/small_matrix.h"

#include <numeric>
#include <utility>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/ops.h"

namespace castalia {

void expect_square(const TensorType& type) {
  expect_floating(type);
  expect_rank_at_least(type, 2);
  const Shape& shape = type.shape;
  if (shape[shape.rank() - 2] != shape.back()) {
    fail(Code::shape_mismatch, "takes square matrices, not ", type);
  }
}

void expect_right_sides(const TensorType& a, const TensorType& b) {
  expect_square(a);
  expect_same_dtype(a, b);
  Shape expected = a.shape;
  if (b.shape.rank() == expected.rank()) expected[expected.rank() - 1] = b.shape.back();
  if (!(b.shape == expected)) {
    fail(Code::shape_mismatch, "matrices ", a, " and right sides ", b, " do not fit");
  }
}

Value transposed(Value matrices) {
  std::vector<int64_t> axes(static_cast<size_t>(matrices.shape().rank()));
  std::iota(axes.begin(), axes.end(), 0);
  std::swap(axes[axes.size() - 2], axes[axes.size() - 1]);
  return transpose(matrices, axes);
}

Value triangle_of(Value matrices, bool lower, double diagonal) {
  const int64_t n = matrices.columns();
  std::vector<double> kept;
  std::vector<double> factors;
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      kept.push_back(i == j ? diagonal != 0 : (i > j) == lower);
      factors.push_back(i == j ? diagonal : 1.0);
    }
  }
  Graph& graph = matrices.graph();
  const DType dtype = matrices.dtype();
  const Value scaled =
      diagonal == 0 || diagonal == 1 ? matrices : matrices * graph.constant({n, n}, dtype, factors);
  return select(graph.constant({n, n}, dtype, kept), scaled, graph.scalar(0.0, dtype));
}

}  // namespace castalia
