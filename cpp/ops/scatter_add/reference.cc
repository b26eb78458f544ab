#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> scatter_add_reference(const Attributes& attributes,
                                          std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const int64_t axis = attributes.integer("axis");
  const std::vector<int64_t>& indices = attributes.integers("indices");
  const AxisSplit split(x.shape, axis);
  Shape shape = x.shape;
  shape[static_cast<int>(axis)] = attributes.integer("extent");
  Tensor out(shape);
  for (int64_t o = 0; o < split.outer; ++o) {
    for (int64_t j = 0; j < split.extent; ++j) {
      const int64_t target = o * attributes.integer("extent") + indices[static_cast<size_t>(j)];
      for (int64_t k = 0; k < split.inner; ++k) {
        out[target * split.inner + k] += x[(o * split.extent + j) * split.inner + k];
      }
    }
  }
  return {out};
}

}  // namespace castalia
