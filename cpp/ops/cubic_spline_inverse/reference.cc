#include "cpp/ops/piecewise_reference.h"

namespace castalia {

std::vector<Tensor> cubic_spline_inverse_reference(const Attributes& attributes,
                                                   std::span<const Tensor> inputs) {
  return piecewise_reference(cubic_spline_pieces, attributes, inputs, true);
}

}  // namespace castalia
