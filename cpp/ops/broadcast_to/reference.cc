#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> broadcast_to_reference(const Attributes& attributes,
                                           std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  Tensor out{Shape(attributes.integers("shape")), {}};
  for_each_offset(out.shape, broadcast_strides(x.shape, out.shape),
                  [&](int64_t offset) { out.data.push_back(x[offset]); });
  return {out};
}

}  // namespace castalia
