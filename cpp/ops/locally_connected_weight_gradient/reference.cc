#include "cpp/ops/reference.h"
#include "cpp/ops/locally_connected_geometry.h"

namespace castalia {

std::vector<Tensor> locally_connected_weight_gradient_reference(const Attributes& attributes,
                                                                std::span<const Tensor> inputs) {
  const Tensor& images = inputs[0];
  const Tensor& g = inputs[1];
  const ConvolutionGeometry geometry =
      locally_connected_geometry(attributes, images.shape, g.shape.back());
  Tensor out(locally_connected_weights(geometry));
  for_each_local_product(geometry,
                         [&](int64_t i, int64_t w, int64_t o) { out[w] += images[i] * g[o]; });
  return {out};
}

}  // namespace castalia
