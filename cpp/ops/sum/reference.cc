#include "cpp/ops/reference.h"

#include "cpp/ops/infer.h"

namespace castalia {

std::vector<Tensor> sum_reference(const Attributes& attributes, std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const std::vector<int64_t>& axes = attributes.integers("axes");
  const Shape kept = reduced_shape(x.shape, axes, true);
  Tensor out(reduced_shape(x.shape, axes, attributes.integer("keep") != 0));
  // Each element of x is added to the element of the result that broadcasts to its place.
  int64_t i = 0;
  for_each_offset(x.shape, broadcast_strides(kept, x.shape),
                  [&](int64_t offset) { out[offset] += x[i++]; });
  return {out};
}

}  // namespace castalia
