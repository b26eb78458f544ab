#include <cmath>

#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> pairwise_distances_reference(const Attributes& attributes,
                                                 std::span<const Tensor> inputs) {
  const bool squared = attributes.integer("squared") != 0;
  const Shape& x = inputs[0].shape;
  const int rank = x.rank();
  const int64_t n = x[rank - 2];
  const int64_t m = inputs[1].shape[rank - 2];
  const int64_t features = x.back();
  Shape shape = x;
  shape[rank - 1] = m;
  Tensor out(shape);
  for (int64_t b = 0; b < x.count(0, rank - 2); ++b) {
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < m; ++j) {
        double sum = 0;
        for (int64_t k = 0; k < features; ++k) {
          const double difference =
              inputs[0][(b * n + i) * features + k] - inputs[1][(b * m + j) * features + k];
          sum += difference * difference;
        }
        out[(b * n + i) * m + j] = squared ? sum : std::sqrt(sum);
      }
    }
  }
  return {out};
}

}  // namespace castalia
