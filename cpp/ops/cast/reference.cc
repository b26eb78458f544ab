#include "cpp/ops/reference.h"

#include <cmath>

#include "cpp/ops/infer.h"

namespace castalia {

std::vector<Tensor> cast_reference(const Attributes& attributes, std::span<const Tensor> inputs) {
  Tensor out = inputs[0];
  if (!is_floating(dtype_attribute(attributes, "dtype"))) {
    for (double& x : out.data) x = std::trunc(x);
  }
  return {out};
}

}  // namespace castalia
