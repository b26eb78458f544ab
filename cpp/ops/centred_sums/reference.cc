#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> centred_sums_reference(const Attributes&, std::span<const Tensor> inputs) {
  const Tensor& g = inputs[0];
  const Tensor& x = inputs[1];
  const int64_t columns = x.shape[1];
  Tensor sums(Shape{columns});
  Tensor products(Shape{columns});
  for (int64_t r = 0; r < x.shape[0]; ++r) {
    for (int64_t c = 0; c < columns; ++c) {
      sums[c] += g[r * columns + c];
      products[c] += g[r * columns + c] * (x[r * columns + c] - inputs[2][c]);
    }
  }
  return {sums, products};
}

}  // namespace castalia
