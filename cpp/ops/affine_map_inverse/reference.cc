#include "cpp/ops/monotone_reference.h"

namespace castalia {

std::vector<Tensor> affine_map_inverse_reference(const Attributes& attributes,
                                                 std::span<const Tensor> inputs) {
  return monotone_reference(affine_function, attributes, inputs, true);
}

}  // namespace castalia
