#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> one_hot_reference(const Attributes& attributes,
                                      std::span<const Tensor> inputs) {
  const int64_t classes = attributes.integer("classes");
  Shape shape = inputs[0].shape;
  shape.push_back(classes);
  Tensor out(shape);
  for (int64_t i = 0; i < inputs[0].shape.count(); ++i) {
    const int64_t index = static_cast<int64_t>(inputs[0][i]);
    if (index >= 0 && index < classes) out[i * classes + index] = 1;
  }
  return {out};
}

}  // namespace castalia
