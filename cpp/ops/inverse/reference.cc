#include "cpp/ops/small_matrix_reference.h"

namespace castalia {

std::vector<Tensor> inverse_reference(const Attributes&, std::span<const Tensor> inputs) {
  const int64_t n = inputs[0].shape.back();
  std::vector<double> unit(static_cast<size_t>(n * n));
  for (int64_t i = 0; i < n; ++i) unit[static_cast<size_t>(i * n + i)] = 1;
  Tensor out{inputs[0].shape, {}};
  for (int64_t m = 0; m < out.shape.count(0, out.shape.rank() - 2); ++m) {
    const std::vector<double> x = eliminate(inputs[0].data.data() + m * n * n, n, unit.data(), n);
    out.data.insert(out.data.end(), x.begin(), x.end());
  }
  return {out};
}

}  // namespace castalia
