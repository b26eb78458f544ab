#include "cpp/ops/reference.h"

#include <algorithm>
#include <cmath>

namespace castalia {

std::vector<Tensor> logsigmoid_reference(const Attributes&, std::span<const Tensor> inputs) {
  Tensor out = inputs[0];
  for (double& x : out.data) {
    x = std::min(x, 0.0) - std::log1p(std::exp(-std::abs(x)));
  }
  return {out};
}

}  // namespace castalia
