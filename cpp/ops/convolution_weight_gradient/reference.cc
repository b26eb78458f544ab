#include "cpp/ops/reference.h"
#include "cpp/ops/convolution_geometry.h"

namespace castalia {

std::vector<Tensor> convolution_weight_gradient_reference(const Attributes& attributes,
                                                          std::span<const Tensor> inputs) {
  const Tensor& images = inputs[0];
  const Tensor& g = inputs[1];
  const std::vector<int64_t>& kernel = attributes.integers("kernel");
  const ConvolutionGeometry geometry =
      convolution_geometry(attributes, images.shape, kernel, g.shape.back());
  Shape shape;
  for (const int64_t extent : kernel) shape.push_back(extent);
  shape.push_back(geometry.channels_in_of_group());
  shape.push_back(geometry.channels_out);
  Tensor out(shape);
  for_each_product(geometry, [&](int64_t i, int64_t w, int64_t o) { out[w] += images[i] * g[o]; });
  return {out};
}

}  // namespace castalia
