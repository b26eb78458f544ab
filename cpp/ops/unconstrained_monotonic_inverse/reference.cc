#include "cpp/ops/monotone_reference.h"

namespace castalia {

std::vector<Tensor> unconstrained_monotonic_inverse_reference(const Attributes& attributes,
                                                              std::span<const Tensor> inputs) {
  return monotone_reference(unconstrained_monotonic_function, attributes, inputs, true);
}

}  // namespace castalia
