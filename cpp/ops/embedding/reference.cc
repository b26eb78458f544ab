#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> embedding_reference(const Attributes&, std::span<const Tensor> inputs) {
  const Tensor& table = inputs[0];
  const int64_t entries = table.shape[0];
  const int64_t width = table.shape.count(1, table.shape.rank());
  Shape shape = inputs[1].shape;
  for (int axis = 1; axis < table.shape.rank(); ++axis) shape.push_back(table.shape[axis]);
  Tensor out(shape);
  for (int64_t i = 0; i < inputs[1].shape.count(); ++i) {
    const auto entry = static_cast<int64_t>(inputs[1][i]);
    if (entry < 0 || entry >= entries) continue;
    for (int64_t j = 0; j < width; ++j) out[i * width + j] = table[entry * width + j];
  }
  return {out};
}

}  // namespace castalia
