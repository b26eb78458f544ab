#include "cpp/ops/reference.h"

#include <cmath>

namespace castalia {

std::vector<Tensor> silu_reference(const Attributes&, std::span<const Tensor> inputs) {
  Tensor out = inputs[0];
  for (double& x : out.data) {
    x = x / (1 + std::exp(-x));
  }
  return {out};
}

}  // namespace castalia
