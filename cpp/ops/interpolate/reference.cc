#include "cpp/ops/reference.h"
#include "cpp/ops/interpolation.h"

namespace castalia {

std::vector<Tensor> interpolate_reference(const Attributes& attributes,
                                          std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const int axis = static_cast<int>(attributes.integer("axis"));
  Shape shape = x.shape;
  shape[axis] = attributes.integer("points");
  const AxisSplit from(x.shape, axis);
  Tensor out(shape);
  for_each_interpolation(
      from.outer, from.extent, shape[axis], from.inner,
      [&](int64_t element, int64_t point, double weight) { out[point] += weight * x[element]; });
  return {out};
}

}  // namespace castalia
