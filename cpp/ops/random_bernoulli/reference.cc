#include "cpp/ops/reference.h"
#include "cpp/ops/random.h"

namespace castalia {

std::vector<Tensor> random_bernoulli_reference(const Attributes& attributes,
                                               std::span<const Tensor> inputs) {
  Tensor out = inputs[2];
  for (int64_t i = 0; i < out.shape.count(); ++i) {
    const Stream stream = stream_of_row(attributes, static_cast<int64_t>(inputs[0][0]),
                                        static_cast<int64_t>(inputs[1][0]), i / out.shape[1]);
    out[i] = uniform(stream, static_cast<uint32_t>(i % out.shape[1])) < out[i] ? 1 : 0;
  }
  return {out};
}

}  // namespace castalia
