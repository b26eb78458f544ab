#include <cmath>

#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> power_iteration_reference(const Attributes& attributes,
                                              std::span<const Tensor> inputs) {
  const Tensor& w = inputs[0];
  const int64_t n = w.shape[0];
  const int64_t m = w.shape[1];
  const auto normalize = [](Tensor& x) {
    double squares = 0;
    for (const double element : x.data) squares += element * element;
    if (squares == 0) return;
    for (double& element : x.data) element /= std::sqrt(squares);
  };
  Tensor u = inputs[1];
  Tensor v(Shape{m});
  for (int64_t step = 0; step < attributes.integer("iterations"); ++step) {
    v = Tensor(Shape{m});
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < m; ++j) v[j] += w[i * m + j] * u[i];
    }
    normalize(v);
    u = Tensor(Shape{n});
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < m; ++j) u[i] += w[i * m + j] * v[j];
    }
    normalize(u);
  }
  return {u, v};
}

}  // namespace castalia
