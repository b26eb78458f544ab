#include "cpp/ops/reference.h"
#include "cpp/ops/random.h"

namespace castalia {

std::vector<Tensor> dropout_reference(const Attributes& attributes,
                                      std::span<const Tensor> inputs) {
  Tensor out = inputs[2];
  const double rate = attributes.real("rate");
  const int64_t features = out.shape.count(1, out.shape.rank());
  for (int64_t i = 0; i < out.shape.count(); ++i) {
    const Stream stream = stream_of_row(attributes, static_cast<int64_t>(inputs[0][0]),
                                        static_cast<int64_t>(inputs[1][0]), i / features);
    const bool kept = uniform(stream, static_cast<uint32_t>(i % features)) > rate;
    out[i] = kept ? out[i] / (1 - rate) : 0;
  }
  return {out};
}

}  // namespace castalia
