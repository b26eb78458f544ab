#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> pad_reference(const Attributes& attributes, std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const int64_t axis = attributes.integer("axis");
  const int64_t before = attributes.integer("before");
  Shape shape = x.shape;
  shape[static_cast<int>(axis)] += before + attributes.integer("after");
  const AxisSplit from(x.shape, axis);
  const AxisSplit to(shape, axis);
  Tensor out(shape);
  for (int64_t o = 0; o < from.outer; ++o) {
    for (int64_t i = 0; i < from.extent; ++i) {
      for (int64_t k = 0; k < from.inner; ++k) {
        out[(o * to.extent + before + i) * to.inner + k] =
            x[(o * from.extent + i) * from.inner + k];
      }
    }
  }
  return {out};
}

}  // namespace castalia
