#include "cpp/ops/largest_in_window.h"

namespace castalia {

std::vector<Tensor> max_pool_transpose_reference(const Attributes& attributes,
                                                 std::span<const Tensor> inputs) {
  const Tensor& images = inputs[0];
  const WindowAxes axes =
      window_axes(attributes, spatial_extents(images.shape), attributes.integers("kernel"));
  Tensor out(images.shape);
  for_each_largest(images, axes,
                   [&](int64_t in, int64_t position) { out[in] += inputs[1][position]; });
  return {out};
}

}  // namespace castalia
