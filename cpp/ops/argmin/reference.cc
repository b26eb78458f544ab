#include "cpp/ops/reference.h"

#include <cmath>

#include "cpp/ops/infer.h"

namespace castalia {

std::vector<Tensor> argmin_reference(const Attributes& attributes, std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const int64_t axis = attributes.integer("axis");
  const AxisSplit split(x.shape, axis);
  Tensor out{reduced_shape(x.shape, {&axis, 1}, attributes.integer("keep") != 0), {}};
  for (int64_t o = 0; o < split.outer; ++o) {
    for (int64_t k = 0; k < split.inner; ++k) {
      int64_t best = 0;
      double extreme = x[o * split.extent * split.inner + k];
      for (int64_t i = 1; i < split.extent && !std::isnan(extreme); ++i) {
        const double element = x[(o * split.extent + i) * split.inner + k];
        if (!(element < extreme) && !std::isnan(element)) continue;
        best = i;
        extreme = element;
      }
      out.data.push_back(static_cast<double>(best));
    }
  }
  return {out};
}

}  // namespace castalia
