#include <algorithm>

#include "cpp/ops/partial_moments/op.h"
#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> partial_moments_reference(const Attributes&, std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const int64_t columns = x.shape[1];
  const int64_t together = moment_tile_rows(columns);
  const int64_t tiles = (x.shape[0] + together - 1) / together;
  Tensor sums(Shape{tiles, columns});
  Tensor squares(Shape{tiles, columns});
  for (int64_t tile = 0; tile < tiles; ++tile) {
    const int64_t end = std::min(x.shape[0], (tile + 1) * together);
    for (int64_t c = 0; c < columns; ++c) {
      double& sum = sums[tile * columns + c];
      for (int64_t r = tile * together; r < end; ++r) sum += x[r * columns + c];
      const double mean = sum / static_cast<double>(end - tile * together);
      for (int64_t r = tile * together; r < end; ++r) {
        const double difference = x[r * columns + c] - mean;
        squares[tile * columns + c] += difference * difference;
      }
    }
  }
  return {sums, squares};
}

}  // namespace castalia
