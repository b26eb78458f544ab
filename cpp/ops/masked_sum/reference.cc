#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> masked_sum_reference(const Attributes&, std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const int64_t features = x.shape.back();
  const int64_t particles = x.shape[x.shape.rank() - 2];
  Shape shape = x.shape;
  shape.erase(shape.rank() - 2);
  Tensor out(shape);
  for (int64_t row = 0; row < shape.count(0, shape.rank() - 1); ++row) {
    for (int64_t p = row * particles; p < (row + 1) * particles; ++p) {
      if (inputs[1][p] == 0) continue;
      for (int64_t j = 0; j < features; ++j) out[row * features + j] += x[p * features + j];
    }
  }
  return {out};
}

}  // namespace castalia
