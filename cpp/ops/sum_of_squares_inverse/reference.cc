#include "cpp/ops/monotone_reference.h"

namespace castalia {

std::vector<Tensor> sum_of_squares_inverse_reference(const Attributes& attributes,
                                                     std::span<const Tensor> inputs) {
  return monotone_reference(sum_of_squares_function, attributes, inputs, true);
}

}  // namespace castalia
