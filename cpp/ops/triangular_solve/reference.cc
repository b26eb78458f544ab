#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> triangular_solve_reference(const Attributes& attributes,
                                               std::span<const Tensor> inputs) {
  const bool transpose = attributes.integer("transpose") != 0;
  const bool forward = (attributes.integer("lower") != 0) != transpose;
  const bool unit = attributes.integer("unit_diagonal") != 0;
  const int64_t n = inputs[0].shape.back();
  const int64_t columns = inputs[1].shape.back();
  Tensor x = inputs[1];
  for (int64_t m = 0; m < x.shape.count(0, x.shape.rank() - 2); ++m) {
    const auto a = [&](int64_t i, int64_t j) {
      return inputs[0][m * n * n + (transpose ? j * n + i : i * n + j)];
    };
    for (int64_t c = 0; c < columns; ++c) {
      const auto at = [&](int64_t i) -> double& { return x[(m * n + i) * columns + c]; };
      for (int64_t step = 0; step < n; ++step) {
        const int64_t i = forward ? step : n - 1 - step;
        for (int64_t j = forward ? 0 : i + 1; j < (forward ? i : n); ++j) at(i) -= a(i, j) * at(j);
        if (!unit) at(i) /= a(i, i);
      }
    }
  }
  return {x};
}

}  // namespace castalia
