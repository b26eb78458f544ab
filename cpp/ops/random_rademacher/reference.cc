#include "cpp/ops/reference.h"
#include "cpp/ops/random.h"

namespace castalia {

std::vector<Tensor> random_rademacher_reference(const Attributes& attributes,
                                                std::span<const Tensor> inputs) {
  Tensor out(Shape{attributes.integer("rows"), attributes.integer("features")});
  for (int64_t i = 0; i < out.shape.count(); ++i) {
    const Stream stream = stream_of_row(attributes, static_cast<int64_t>(inputs[0][0]),
                                        static_cast<int64_t>(inputs[1][0]), i / out.shape[1]);
    const int64_t feature = i % out.shape[1];
    const uint64_t word = bits(stream, static_cast<uint32_t>(feature / 64));
    out[i] = (word >> (feature % 64) & 1) != 0 ? 1.0 : -1.0;
  }
  return {out};
}

}  // namespace castalia
