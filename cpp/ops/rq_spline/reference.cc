#include "cpp/ops/spline_reference.h"

namespace castalia {

std::vector<Tensor> rq_spline_reference(const Attributes& attributes,
                                        std::span<const Tensor> inputs) {
  return spline_reference(attributes, inputs, false);
}

}  // namespace castalia
