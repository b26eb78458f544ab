#include "cpp/ops/monotone_reference.h"

namespace castalia {

std::vector<Tensor> additive_map_inverse_reference(const Attributes& attributes,
                                                   std::span<const Tensor> inputs) {
  return monotone_reference(additive_function, attributes, inputs, true);
}

}  // namespace castalia
