#include "cpp/ops/reference.h"
#include "cpp/ops/partial_moments/op.h"

namespace castalia {

std::vector<Tensor> partial_centred_sums_reference(const Attributes&,
                                                   std::span<const Tensor> inputs) {
  const Tensor& g = inputs[0];
  const Tensor& x = inputs[1];
  const int64_t columns = x.shape[1];
  const int64_t together = moment_tile_rows(columns);
  const Shape shape{(x.shape[0] + together - 1) / together, columns};
  Tensor sums(shape);
  Tensor products(shape);
  for (int64_t r = 0; r < x.shape[0]; ++r) {
    for (int64_t c = 0; c < columns; ++c) {
      const int64_t to = r / together * columns + c;
      sums[to] += g[r * columns + c];
      products[to] += g[r * columns + c] * (x[r * columns + c] - inputs[2][c]);
    }
  }
  return {sums, products};
}

}  // namespace castalia
