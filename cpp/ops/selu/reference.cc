#include "cpp/ops/reference.h"

#include <cmath>

namespace castalia {

std::vector<Tensor> selu_reference(const Attributes&, std::span<const Tensor> inputs) {
  Tensor out = inputs[0];
  for (double& x : out.data) {
    x = 1.0507009873554804934 * (x > 0 ? x : 1.6732632423543772848 * std::expm1(x));
  }
  return {out};
}

}  // namespace castalia
