#include "cpp/ops/reference.h"
#include "cpp/ops/largest_in_window.h"

namespace castalia {

std::vector<Tensor> max_pool_reference(const Attributes& attributes,
                                       std::span<const Tensor> inputs) {
  const Tensor& images = inputs[0];
  const WindowAxes axes =
      window_axes(attributes, spatial_extents(images.shape), attributes.integers("kernel"));
  Tensor out(windowed_shape(images.shape[0], axes, images.shape.rank() - 2, images.shape.back()));
  for_each_largest(images, axes,
                   [&](int64_t in, int64_t position) { out[position] = inputs[1][in]; });
  return {out};
}

}  // namespace castalia
