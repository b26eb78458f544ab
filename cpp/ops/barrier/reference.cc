#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> barrier_reference(const Attributes&, std::span<const Tensor> inputs) {
  return {inputs[0]};
}

}  // namespace castalia
