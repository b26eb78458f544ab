#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> matmul_reference(const Attributes& attributes, std::span<const Tensor> inputs) {
  const Tensor& a = inputs[0];
  const Tensor& b = inputs[1];
  const int transpose_a = attributes.integer("transpose_a") != 0;
  const int transpose_b = attributes.integer("transpose_b") != 0;
  const int64_t m = a.shape[transpose_a];
  const int64_t inner = a.shape[1 - transpose_a];
  const int64_t n = b.shape[1 - transpose_b];
  Tensor out(Shape{m, n});
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      for (int64_t k = 0; k < inner; ++k) {
        out[i * n + j] +=
            a[transpose_a ? k * m + i : i * inner + k] * b[transpose_b ? j * inner + k : k * n + j];
      }
    }
  }
  return {out};
}

}  // namespace castalia
