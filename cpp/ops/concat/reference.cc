#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> concat_reference(const Attributes& attributes, std::span<const Tensor> inputs) {
  const int64_t axis = attributes.integer("axis");
  Shape shape = inputs[0].shape;
  shape[static_cast<int>(axis)] = 0;
  for (const Tensor& input : inputs) {
    shape[static_cast<int>(axis)] += input.shape[static_cast<int>(axis)];
  }
  Tensor out{shape, {}};
  for (int64_t o = 0; o < AxisSplit(shape, axis).outer; ++o) {
    for (const Tensor& input : inputs) {
      const AxisSplit split(input.shape, axis);
      const int64_t length = split.extent * split.inner;
      for (int64_t i = 0; i < length; ++i) out.data.push_back(input[o * length + i]);
    }
  }
  return {out};
}

}  // namespace castalia
