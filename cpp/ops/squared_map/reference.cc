#include "cpp/ops/monotone_reference.h"

namespace castalia {

std::vector<Tensor> squared_map_reference(const Attributes& attributes,
                                          std::span<const Tensor> inputs) {
  return monotone_reference(squared_function, attributes, inputs, false);
}

}  // namespace castalia
