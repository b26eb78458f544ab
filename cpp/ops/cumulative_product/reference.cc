#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> cumulative_product_reference(const Attributes&,
                                                 std::span<const Tensor> inputs) {
  Tensor out = inputs[0];
  const int64_t columns = out.shape.back();
  for (int64_t i = 0; i < out.shape.count(); ++i) {
    if (i % columns != 0) out[i] *= out[i - 1];
  }
  return {out};
}

}  // namespace castalia
