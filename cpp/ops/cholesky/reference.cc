#include <algorithm>
#include <cmath>
#include <limits>

#include "cpp/ops/reference.h"

namespace castalia {

// Column by column.
std::vector<Tensor> cholesky_reference(const Attributes&, std::span<const Tensor> inputs) {
  const int64_t n = inputs[0].shape.back();
  Tensor out(inputs[0].shape);
  for (int64_t m = 0; m < out.shape.count(0, out.shape.rank() - 2); ++m) {
    const double* a = inputs[0].data.data() + m * n * n;
    double* l = out.data.data() + m * n * n;
    bool definite = true;
    for (int64_t j = 0; j < n && definite; ++j) {
      for (int64_t i = j; i < n && definite; ++i) {
        double rest = a[i * n + j];
        for (int64_t k = 0; k < j; ++k) rest -= l[i * n + k] * l[j * n + k];
        definite = i != j || rest > 0;
        l[i * n + j] = i == j ? std::sqrt(rest) : rest / l[j * n + j];
      }
    }
    if (!definite) std::fill_n(l, n * n, std::numeric_limits<double>::quiet_NaN());
  }
  return {out};
}

}  // namespace castalia
