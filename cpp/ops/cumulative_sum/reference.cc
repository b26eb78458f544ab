#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> cumulative_sum_reference(const Attributes& attributes,
                                             std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const bool reverse = attributes.integer("reverse") != 0;
  const int64_t columns = x.shape.back();
  Tensor out(x.shape);
  for (int64_t row = 0; row < x.shape.count(0, x.shape.rank() - 1); ++row) {
    double running = 0;
    for (int64_t j = 0; j < columns; ++j) {
      const int64_t i = row * columns + (reverse ? columns - 1 - j : j);
      running += x[i];
      out[i] = running;
    }
  }
  return {out};
}

}  // namespace castalia
