#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> take_reference(const Attributes& attributes, std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const int64_t axis = attributes.integer("axis");
  const std::vector<int64_t>& indices = attributes.integers("indices");
  const AxisSplit split(x.shape, axis);
  Shape shape = x.shape;
  shape[static_cast<int>(axis)] = static_cast<int64_t>(indices.size());
  Tensor out{shape, {}};
  for (int64_t o = 0; o < split.outer; ++o) {
    for (const int64_t index : indices) {
      for (int64_t k = 0; k < split.inner; ++k) {
        out.data.push_back(x[(o * split.extent + index) * split.inner + k]);
      }
    }
  }
  return {out};
}

}  // namespace castalia
