#include "cpp/ops/small_matrix_reference.h"

namespace castalia {

std::vector<Tensor> determinant_reference(const Attributes&, std::span<const Tensor> inputs) {
  Shape shape = inputs[0].shape;
  const int64_t n = shape.back();
  shape.erase(shape.rank() - 1);
  shape.erase(shape.rank() - 1);
  Tensor out(shape);
  for (int64_t m = 0; m < shape.count(); ++m) {
    out[m] = expand_determinant(inputs[0].data.data() + m * n * n, n);
  }
  return {out};
}

}  // namespace castalia
