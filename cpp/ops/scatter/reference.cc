#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> scatter_reference(const Attributes& attributes,
                                      std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const int64_t axis = attributes.integer("axis");
  const int64_t extent = attributes.integer("extent");
  const AxisSplit split(x.shape, axis);
  Shape shape = x.shape;
  shape[static_cast<int>(axis)] = extent;
  Tensor out(shape);
  for (int64_t i = 0; i < x.shape.count(); ++i) {
    const int64_t outer = i / (split.extent * split.inner);
    const int64_t index = static_cast<int64_t>(inputs[1][i]);
    if (index < 0 || index >= extent) continue;
    out[(outer * extent + index) * split.inner + i % split.inner] += x[i];
  }
  return {out};
}

}  // namespace castalia
