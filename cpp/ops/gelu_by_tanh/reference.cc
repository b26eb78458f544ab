#include "cpp/ops/reference.h"

#include <cmath>
#include <numbers>

namespace castalia {

std::vector<Tensor> gelu_by_tanh_reference(const Attributes&, std::span<const Tensor> inputs) {
  Tensor out = inputs[0];
  for (double& x : out.data) {
    const double cubic = x + 0.044715 * x * x * x;
    x *= 0.5 * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * cubic));
  }
  return {out};
}

}  // namespace castalia
