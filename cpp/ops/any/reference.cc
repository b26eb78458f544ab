#include "cpp/ops/reference.h"

#include "cpp/ops/infer.h"

namespace castalia {

std::vector<Tensor> any_reference(const Attributes& attributes, std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const std::vector<int64_t>& axes = attributes.integers("axes");
  const Shape kept = reduced_shape(x.shape, axes, true);
  Tensor out(reduced_shape(x.shape, axes, attributes.integer("keep") != 0));
  int64_t i = 0;
  for_each_offset(x.shape, broadcast_strides(kept, x.shape), [&](int64_t offset) {
    if (x[i++] != 0) out[offset] = 1;
  });
  return {out};
}

}  // namespace castalia
