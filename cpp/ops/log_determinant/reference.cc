#include <cmath>

#include "cpp/ops/small_matrix_reference.h"

namespace castalia {

std::vector<Tensor> log_determinant_reference(const Attributes&, std::span<const Tensor> inputs) {
  Shape shape = inputs[0].shape;
  const int64_t n = shape.back();
  shape.erase(shape.rank() - 1);
  shape.erase(shape.rank() - 1);
  Tensor sign(shape);
  Tensor log_abs(shape);
  for (int64_t m = 0; m < shape.count(); ++m) {
    const double determinant = expand_determinant(inputs[0].data.data() + m * n * n, n);
    sign[m] = determinant > 0 ? 1 : determinant < 0 ? -1 : determinant;
    log_abs[m] = std::log(std::abs(determinant));
  }
  return {sign, log_abs};
}

}  // namespace castalia
