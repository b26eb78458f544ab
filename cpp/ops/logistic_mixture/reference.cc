#include "cpp/ops/monotone_reference.h"

namespace castalia {

std::vector<Tensor> logistic_mixture_reference(const Attributes& attributes,
                                               std::span<const Tensor> inputs) {
  return monotone_reference(logistic_mixture_function, attributes, inputs, false);
}

}  // namespace castalia
