#include "cpp/ops/reference.h"
#include "cpp/ops/segments.h"

namespace castalia {

std::vector<Tensor> segment_sum_reference(const Attributes& attributes,
                                          std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const Tensor& ids = inputs[1];
  const int64_t segments = attributes.integer("segments");
  Shape shape{segments};
  for (int axis = ids.shape.rank(); axis < x.shape.rank(); ++axis) shape.push_back(x.shape[axis]);
  const int64_t width = shape.count(1, shape.rank());
  Tensor out(shape);
  for (int64_t i = 0; i < ids.shape.count(); ++i) {
    const auto segment = static_cast<int64_t>(ids[i]);
    if (segment < 0 || segment >= segments) continue;
    for (int64_t j = 0; j < width; ++j) out[segment * width + j] += x[i * width + j];
  }
  return {out};
}

}  // namespace castalia
