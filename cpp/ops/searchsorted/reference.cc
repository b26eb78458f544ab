#include "cpp/ops/reference.h"

#include <cmath>

namespace castalia {

std::vector<Tensor> searchsorted_reference(const Attributes& attributes,
                                           std::span<const Tensor> inputs) {
  const bool right = attributes.integer("right") != 0;
  Tensor out(inputs[1].shape);
  for (int64_t i = 0; i < out.shape.count(); ++i) {
    const double x = inputs[1][i];
    for (const double edge : inputs[0].data) {
      if (std::isnan(x) || edge < x || (right && edge == x)) out[i] += 1;
    }
  }
  return {out};
}

}  // namespace castalia
