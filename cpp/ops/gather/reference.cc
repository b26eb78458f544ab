#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> gather_reference(const Attributes& attributes, std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const Tensor& indices = inputs[1];
  const AxisSplit from(x.shape, attributes.integer("axis"));
  const AxisSplit to(indices.shape, attributes.integer("axis"));
  Tensor out(indices.shape);
  for (int64_t i = 0; i < out.shape.count(); ++i) {
    const int64_t outer = i / (to.extent * to.inner);
    const int64_t index = static_cast<int64_t>(indices[i]);
    if (index < 0 || index >= from.extent) continue;
    out[i] = x[(outer * from.extent + index) * from.inner + i % to.inner];
  }
  return {out};
}

}  // namespace castalia
