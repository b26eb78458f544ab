#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> segment_matmul_reference(const Attributes& attributes,
                                             std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const Tensor& matrices = inputs[1];
  const Tensor& ids = inputs[2];
  const bool transpose = attributes.integer("transpose") != 0;
  const int64_t rows = x.shape[0];
  const int64_t depth = x.shape[1];
  const int64_t segments = matrices.shape[0];
  const int64_t columns = matrices.shape[transpose ? 1 : 2];
  Tensor out(Shape{rows, columns});
  for (int64_t i = 0; i < rows; ++i) {
    const auto segment = static_cast<int64_t>(ids[i]);
    if (segment < 0 || segment >= segments) continue;
    const int64_t base = segment * depth * columns;
    for (int64_t j = 0; j < columns; ++j) {
      for (int64_t k = 0; k < depth; ++k) {
        out[i * columns + j] +=
            x[i * depth + k] * matrices[base + (transpose ? j * depth + k : k * columns + j)];
      }
    }
  }
  return {out};
}

}  // namespace castalia
