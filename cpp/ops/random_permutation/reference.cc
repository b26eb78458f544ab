#include "cpp/ops/reference.h"
#include "cpp/ops/random.h"

namespace castalia {

std::vector<Tensor> random_permutation_reference(const Attributes& attributes,
                                                 std::span<const Tensor> inputs) {
  Tensor out(Shape{attributes.integer("rows"), attributes.integer("features")});
  for (int64_t row = 0; row < out.shape[0]; ++row) {
    const Stream stream = stream_of_row(attributes, static_cast<int64_t>(inputs[0][0]),
                                        static_cast<int64_t>(inputs[1][0]), row);
    int64_t i = row * out.shape[1];
    for (const int64_t element :
         permutation(stream.seed, stream.stage, out.shape[1], stream.event)) {
      out[i++] = static_cast<double>(element);
    }
  }
  return {out};
}

}  // namespace castalia
