#include "cpp/ops/reference.h"

#include <algorithm>
#include <cmath>

#include "cpp/ops/infer.h"

namespace castalia {

std::vector<Tensor> norm_reference(const Attributes& attributes, std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const std::vector<int64_t>& axes = attributes.integers("axes");
  const Shape kept = reduced_shape(x.shape, axes, true);
  Tensor out(reduced_shape(x.shape, axes, attributes.integer("keep") != 0));
  const double order = attributes.real("order");
  int64_t i = 0;
  for_each_offset(x.shape, broadcast_strides(kept, x.shape), [&](int64_t offset) {
    const double magnitude = std::abs(x[i++]);
    out[offset] = std::isinf(order) ? std::max(out[offset], magnitude)
                                    : out[offset] + std::pow(magnitude, order);
  });
  if (!std::isinf(order)) {
    for (double& total : out.data) total = std::pow(total, 1 / order);
  }
  return {out};
}

}  // namespace castalia
