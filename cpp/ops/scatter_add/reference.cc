#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> scatter_add_reference(const Attributes& attributes,
                                          std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const std::vector<int64_t>& indices = attributes.integers("indices");
  const int last = x.shape.rank() - 1;
  Shape shape = x.shape;
  shape[last] = attributes.integer("columns");
  Tensor out(shape);
  for (int64_t row = 0; row < x.shape.count(0, last); ++row) {
    for (size_t j = 0; j < indices.size(); ++j) {
      out[row * shape[last] + indices[j]] += x[row * x.shape[last] + static_cast<int64_t>(j)];
    }
  }
  return {out};
}

}  // namespace castalia
