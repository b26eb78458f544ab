#include "cpp/ops/reference.h"

#include <algorithm>
#include <cmath>

namespace castalia {

std::vector<Tensor> softmax_reference(const Attributes&, std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const int64_t columns = x.shape.back();
  Tensor out(x.shape);
  for (int64_t row = 0; row < x.shape.count(0, x.shape.rank() - 1); ++row) {
    const double* begin = x.data.data() + row * columns;
    const double largest = *std::max_element(begin, begin + columns);
    double total = 0;
    for (int64_t j = 0; j < columns; ++j) total += std::exp(begin[j] - largest);
    for (int64_t j = 0; j < columns; ++j) {
      out[row * columns + j] = std::exp(begin[j] - largest) / total;
    }
  }
  return {out};
}

}  // namespace castalia
