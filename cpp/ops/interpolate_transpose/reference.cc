#include "cpp/ops/reference.h"
#include "cpp/ops/interpolation.h"

namespace castalia {

std::vector<Tensor> interpolate_transpose_reference(const Attributes& attributes,
                                                    std::span<const Tensor> inputs) {
  const Tensor& g = inputs[0];
  const int axis = static_cast<int>(attributes.integer("axis"));
  Shape shape = g.shape;
  shape[axis] = attributes.integer("elements");
  const AxisSplit from(g.shape, axis);
  Tensor out(shape);
  for_each_interpolation(
      from.outer, shape[axis], from.extent, from.inner,
      [&](int64_t element, int64_t point, double weight) { out[element] += weight * g[point]; });
  return {out};
}

}  // namespace castalia
