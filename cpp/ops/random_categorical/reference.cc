#include "cpp/ops/reference.h"
#include "cpp/ops/random.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace castalia {

std::vector<Tensor> random_categorical_reference(const Attributes& attributes,
                                                 std::span<const Tensor> inputs) {
  const Tensor& logits = inputs[2];
  const int64_t classes = logits.shape.back();
  Shape shape = logits.shape;
  shape.erase(shape.rank() - 1);
  Tensor out(shape);
  const int64_t sets = shape.count(1, shape.rank());
  for (int64_t i = 0; i < shape.count(); ++i) {
    double largest = -std::numeric_limits<double>::infinity();
    for (int64_t c = 0; c < classes; ++c) largest = std::max(largest, logits[i * classes + c]);
    double total = 0;
    for (int64_t c = 0; c < classes; ++c) total += std::exp(logits[i * classes + c] - largest);
    const Stream stream = stream_of_row(attributes, static_cast<int64_t>(inputs[0][0]),
                                        static_cast<int64_t>(inputs[1][0]), i / sets);
    const double limit = total * uniform(stream, static_cast<uint32_t>(i % sets));
    double running = 0;
    out[i] = -1;
    for (int64_t c = 0; c < classes && out[i] < 0; ++c) {
      running += std::exp(logits[i * classes + c] - largest);
      if (running > limit) out[i] = static_cast<double>(c);
    }
  }
  return {out};
}

}  // namespace castalia
