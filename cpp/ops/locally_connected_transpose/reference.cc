#include "cpp/ops/reference.h"
#include "cpp/ops/locally_connected_geometry.h"

namespace castalia {

std::vector<Tensor> locally_connected_transpose_reference(const Attributes& attributes,
                                                          std::span<const Tensor> inputs) {
  const Tensor& images = inputs[0];
  const Tensor& weights = inputs[1];
  Tensor out(transposed_images(attributes, images.shape[0], weights.shape[1]));
  for_each_local_product(
      locally_connected_geometry(attributes, out.shape, images.shape.back()),
      [&](int64_t i, int64_t w, int64_t o) { out[i] += images[o] * weights[w]; });
  return {out};
}

}  // namespace castalia
