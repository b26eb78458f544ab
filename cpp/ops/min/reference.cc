#include "cpp/ops/reference.h"

#include <cmath>
#include <limits>

#include "cpp/ops/infer.h"

namespace castalia {

std::vector<Tensor> min_reference(const Attributes& attributes, std::span<const Tensor> inputs) {
  const Tensor& x = inputs[0];
  const int64_t axis = attributes.integer("axis");
  const AxisSplit split(x.shape, axis);
  Tensor out{reduced_shape(x.shape, {&axis, 1}, attributes.integer("keep") != 0), {}};
  for (int64_t o = 0; o < split.outer; ++o) {
    for (int64_t k = 0; k < split.inner; ++k) {
      double smallest = std::numeric_limits<double>::infinity();
      for (int64_t i = 0; i < split.extent; ++i) {
        const double element = x[(o * split.extent + i) * split.inner + k];
        if (element < smallest || std::isnan(element)) smallest = element;
      }
      out.data.push_back(smallest);
    }
  }
  return {out};
}

}  // namespace castalia
