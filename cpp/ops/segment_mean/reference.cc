#include <algorithm>

#include "cpp/ops/reference.h"
#include "cpp/ops/segments.h"

namespace castalia {

std::vector<Tensor> segment_mean_reference(const Attributes& attributes,
                                           std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const Tensor& ids = inputs[1];
  const int64_t segments = attributes.integer("segments");
  Shape shape{segments};
  for (int axis = ids.shape.rank(); axis < x.shape.rank(); ++axis) shape.push_back(x.shape[axis]);
  const int64_t width = shape.count(1, shape.rank());
  Tensor out(shape);
  for (int64_t segment = 0; segment < segments; ++segment) {
    const auto rows = std::count(ids.data.begin(), ids.data.end(), static_cast<double>(segment));
    for (int64_t i = 0; i < ids.shape.count(); ++i) {
      if (ids[i] != static_cast<double>(segment)) continue;
      for (int64_t j = 0; j < width; ++j) {
        out[segment * width + j] += x[i * width + j] / static_cast<double>(rows);
      }
    }
  }
  return {out};
}

}  // namespace castalia
