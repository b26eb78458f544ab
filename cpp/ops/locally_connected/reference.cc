#include "cpp/ops/reference.h"
#include "cpp/ops/locally_connected_geometry.h"

namespace castalia {

std::vector<Tensor> locally_connected_reference(const Attributes& attributes,
                                                std::span<const Tensor> inputs) {
  const Tensor& images = inputs[0];
  const Tensor& weights = inputs[1];
  const ConvolutionGeometry geometry =
      locally_connected_geometry(attributes, images.shape, weights.shape.back());
  Tensor out(windowed_shape(geometry.batch, geometry.axes, images.shape.rank() - 2,
                            geometry.channels_out));
  for_each_local_product(
      geometry, [&](int64_t i, int64_t w, int64_t o) { out[o] += images[i] * weights[w]; });
  return {out};
}

}  // namespace castalia
