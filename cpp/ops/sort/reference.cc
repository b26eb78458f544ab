#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> sort_reference(const Attributes& attributes, std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  Tensor out = find_reference("argsort")(attributes, inputs)[0];
  const AxisSplit from(x.shape, attributes.integer("axis"));
  const AxisSplit to(out.shape, attributes.integer("axis"));
  for (int64_t i = 0; i < out.shape.count(); ++i) {
    const int64_t outer = i / (to.extent * to.inner);
    const int64_t index = static_cast<int64_t>(out[i]);
    out[i] = x[(outer * from.extent + index) * from.inner + i % to.inner];
  }
  return {out};
}

}  // namespace castalia
