#include "cpp/ops/reference.h"

#include <cmath>

namespace castalia {

std::vector<Tensor> swish_reference(const Attributes&, std::span<const Tensor> inputs) {
  Tensor out(broadcast(inputs[0].shape, inputs[1].shape));
  std::vector<double> beta;
  for_each_offset(out.shape, broadcast_strides(inputs[1].shape, out.shape),
                  [&](int64_t offset) { beta.push_back(inputs[1][offset]); });
  size_t i = 0;
  for_each_offset(out.shape, broadcast_strides(inputs[0].shape, out.shape), [&](int64_t offset) {
    const double x = inputs[0][offset];
    out.data[i] = x / (1 + std::exp(-beta[i] * x));
    ++i;
  });
  return {out};
}

}  // namespace castalia
