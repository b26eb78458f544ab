#include "cpp/ops/reference.h"

#include <cmath>
#include <numbers>

namespace castalia {

std::vector<Tensor> gelu_reference(const Attributes& attributes, std::span<const Tensor> inputs) {
  Tensor out = inputs[0];
  for (double& x : out.data) {
    if (attributes.integer("approximate") == 0) {
      x *= 0.5 * std::erfc(-x / std::numbers::sqrt2);
    } else {
      const double cubic = x + 0.044715 * x * x * x;
      x *= 0.5 * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * cubic));
    }
  }
  return {out};
}

}  // namespace castalia
