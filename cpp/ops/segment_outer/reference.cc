#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> segment_outer_reference(const Attributes& attributes,
                                            std::span<const Tensor> inputs) {
  const Tensor& a = inputs[0];
  const Tensor& b = inputs[1];
  const Tensor& ids = inputs[2];
  const int64_t segments = attributes.integer("segments");
  const int64_t m = a.shape[1];
  const int64_t n = b.shape[1];
  Tensor out(Shape{segments, m, n});
  for (int64_t row = 0; row < a.shape[0]; ++row) {
    const auto segment = static_cast<int64_t>(ids[row]);
    if (segment < 0 || segment >= segments) continue;
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        out[(segment * m + i) * n + j] += a[row * m + i] * b[row * n + j];
      }
    }
  }
  return {out};
}

}  // namespace castalia
