#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> slice_reference(const Attributes& attributes, std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const int64_t axis = attributes.integer("axis");
  const int64_t first = attributes.integer("first");
  const int64_t last = attributes.integer("last");
  Shape shape = x.shape;
  shape[static_cast<int>(axis)] = last - first;
  const AxisSplit split(x.shape, axis);
  Tensor out{shape, {}};
  for (int64_t o = 0; o < split.outer; ++o) {
    for (int64_t i = first; i < last; ++i) {
      for (int64_t k = 0; k < split.inner; ++k) {
        out.data.push_back(x[(o * split.extent + i) * split.inner + k]);
      }
    }
  }
  return {out};
}

}  // namespace castalia
