#include "cpp/ops/reference.h"

#include "cpp/ops/infer.h"

namespace castalia {

std::vector<Tensor> product_reference(const Attributes& attributes,
                                      std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const int64_t axis = attributes.integer("axis");
  const AxisSplit split(x.shape, axis);
  Tensor out{reduced_shape(x.shape, {&axis, 1}, attributes.integer("keep") != 0), {}};
  for (int64_t o = 0; o < split.outer; ++o) {
    for (int64_t k = 0; k < split.inner; ++k) {
      double total = 1;
      for (int64_t i = 0; i < split.extent; ++i)
        total *= x[(o * split.extent + i) * split.inner + k];
      out.data.push_back(total);
    }
  }
  return {out};
}

}  // namespace castalia
