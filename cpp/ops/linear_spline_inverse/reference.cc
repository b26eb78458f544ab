#include "cpp/ops/piecewise_reference.h"

namespace castalia {

std::vector<Tensor> linear_spline_inverse_reference(const Attributes& attributes,
                                                    std::span<const Tensor> inputs) {
  return piecewise_reference(linear_spline_pieces, attributes, inputs, true);
}

}  // namespace castalia
