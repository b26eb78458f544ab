#include "cpp/ops/monotone_reference.h"

namespace castalia {

std::vector<Tensor> sum_of_squares_reference(const Attributes& attributes,
                                             std::span<const Tensor> inputs) {
  return monotone_reference(sum_of_squares_function, attributes, inputs, false);
}

}  // namespace castalia
