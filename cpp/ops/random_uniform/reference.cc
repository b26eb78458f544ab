#include "cpp/ops/reference.h"

#include "cpp/base/philox.h"

namespace castalia {

std::vector<Tensor> random_uniform_reference(const Attributes& attributes,
                                             std::span<const Tensor> inputs) {
  Tensor out(Shape{attributes.integer("rows"), attributes.integer("features")});
  Stream stream{.seed = static_cast<uint64_t>(inputs[0][0]),
                .stage = static_cast<uint16_t>(attributes.integer("stage"))};
  for (int64_t row = 0; row < out.shape[0]; ++row) {
    stream.event = static_cast<uint64_t>(inputs[1][0]) + static_cast<uint64_t>(row);
    for (int64_t j = 0; j < out.shape[1]; ++j) {
      out[row * out.shape[1] + j] = uniform(stream, static_cast<uint32_t>(j));
    }
  }
  return {out};
}

}  // namespace castalia
