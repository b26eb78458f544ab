#include "cpp/ops/reference.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace castalia {

std::vector<Tensor> arg_top_k_reference(const Attributes& attributes,
                                        std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const int64_t axis = attributes.integer("axis");
  const bool descending = true;
  const AxisSplit split(x.shape, axis);
  const int64_t count = attributes.integer("count");
  Shape shape = x.shape;
  shape[static_cast<int>(axis)] = count;
  Tensor out(shape);
  std::vector<int64_t> order(static_cast<size_t>(split.extent));
  for (int64_t o = 0; o < split.outer; ++o) {
    for (int64_t k = 0; k < split.inner; ++k) {
      const auto less = [&](int64_t i, int64_t j) {
        const double a = x[(o * split.extent + (descending ? j : i)) * split.inner + k];
        const double b = x[(o * split.extent + (descending ? i : j)) * split.inner + k];
        return a < b || (std::isnan(b) && !std::isnan(a));
      };
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(), less);
      for (int64_t j = 0; j < count; ++j) {
        out[(o * count + j) * split.inner + k] = static_cast<double>(order[static_cast<size_t>(j)]);
      }
    }
  }
  return {out};
}

}  // namespace castalia
