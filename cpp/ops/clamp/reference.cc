#include "cpp/ops/reference.h"

#include <algorithm>

namespace castalia {

std::vector<Tensor> clamp_reference(const Attributes& attributes, std::span<const Tensor> inputs) {
  Tensor out = inputs[0];
  for (double& x : out.data) {
    x = std::min(std::max(x, attributes.real("low")), attributes.real("high"));
  }
  return {out};
}

}  // namespace castalia
