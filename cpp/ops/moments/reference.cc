#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> moments_reference(const Attributes&, std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const int64_t rows = x.shape[0];
  const int64_t columns = x.shape[1];
  Tensor mean(Shape{columns});
  Tensor variance(Shape{columns});
  if (rows == 0) return {mean, variance};
  for (int64_t c = 0; c < columns; ++c) {
    for (int64_t r = 0; r < rows; ++r) mean[c] += x[r * columns + c];
    mean[c] /= static_cast<double>(rows);
    for (int64_t r = 0; r < rows; ++r) {
      const double difference = x[r * columns + c] - mean[c];
      variance[c] += difference * difference;
    }
    variance[c] /= static_cast<double>(rows);
  }
  return {mean, variance};
}

}  // namespace castalia
