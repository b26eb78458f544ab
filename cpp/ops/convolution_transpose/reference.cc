#include "cpp/ops/reference.h"
#include "cpp/ops/convolution_geometry.h"

namespace castalia {

std::vector<Tensor> convolution_transpose_reference(const Attributes& attributes,
                                                    std::span<const Tensor> inputs) {
  const Tensor& images = inputs[0];
  const Tensor& weights = inputs[1];
  Shape shape{images.shape[0]};
  for (const int64_t extent : attributes.integers("extents")) shape.push_back(extent);
  shape.push_back(weights.shape[weights.shape.rank() - 2] * attributes.integer("groups"));
  Tensor out(shape);
  for_each_product(convolution_geometry(attributes, shape, weights.shape),
                   [&](int64_t i, int64_t w, int64_t o) { out[i] += images[o] * weights[w]; });
  return {out};
}

}  // namespace castalia
