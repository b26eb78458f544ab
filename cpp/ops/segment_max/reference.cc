#include <cmath>

#include "cpp/ops/reference.h"
#include "cpp/ops/segments.h"

namespace castalia {

std::vector<Tensor> segment_max_reference(const Attributes& attributes,
                                          std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const Tensor& ids = inputs[1];
  const int64_t segments = attributes.integer("segments");
  Shape shape{segments};
  for (int axis = ids.shape.rank(); axis < x.shape.rank(); ++axis) shape.push_back(x.shape[axis]);
  const int64_t width = shape.count(1, shape.rank());
  Tensor out(shape);
  std::vector<bool> seen(static_cast<size_t>(segments));
  for (int64_t i = 0; i < ids.shape.count(); ++i) {
    const auto segment = static_cast<int64_t>(ids[i]);
    if (segment < 0 || segment >= segments) continue;
    for (int64_t j = 0; j < width; ++j) {
      double& largest = out[segment * width + j];
      const double element = x[i * width + j];
      if (!seen[static_cast<size_t>(segment)] || std::isnan(element) || element > largest) {
        largest = element;
      }
    }
    seen[static_cast<size_t>(segment)] = true;
  }
  return {out};
}

}  // namespace castalia
