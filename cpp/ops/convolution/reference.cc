#include "cpp/ops/reference.h"
#include "cpp/ops/convolution_geometry.h"

namespace castalia {

std::vector<Tensor> convolution_reference(const Attributes& attributes,
                                          std::span<const Tensor> inputs) {
  const Tensor& images = inputs[0];
  const Tensor& weights = inputs[1];
  const ConvolutionGeometry geometry =
      convolution_geometry(attributes, images.shape, weights.shape);
  Tensor out(windowed_shape(geometry.batch, geometry.axes, images.shape.rank() - 2,
                            geometry.channels_out));
  for_each_product(geometry,
                   [&](int64_t i, int64_t w, int64_t o) { out[o] += images[i] * weights[w]; });
  return {out};
}

}  // namespace castalia
