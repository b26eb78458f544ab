#include "cpp/ops/monotone_reference.h"

namespace castalia {

std::vector<Tensor> deep_sigmoid_reference(const Attributes& attributes,
                                           std::span<const Tensor> inputs) {
  return monotone_reference(deep_sigmoid_function, attributes, inputs, false);
}

}  // namespace castalia
