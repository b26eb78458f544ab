#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> take_reference(const Attributes& attributes, std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const std::vector<int64_t>& indices = attributes.integers("indices");
  const int last = x.shape.rank() - 1;
  Shape shape = x.shape;
  shape[last] = static_cast<int64_t>(indices.size());
  Tensor out{shape, {}};
  for (int64_t row = 0; row < x.shape.count(0, last); ++row) {
    for (const int64_t index : indices) out.data.push_back(x[row * x.shape[last] + index]);
  }
  return {out};
}

}  // namespace castalia
