#include "cpp/nn/spectral.h"

#include <cmath>

#include "cpp/ops/ops.h"

namespace castalia {

Value spectrally_normalised(Value weights) {
  constexpr int64_t kIterations = 4;
  constexpr double kLeastNorm = 1e-12;
  const Shape& shape = weights.shape();
  const int64_t inputs = shape.count(0, shape.rank() - 1);
  // No vector of the weights' own: the estimate is a function of the weights alone, and a step is
  // the same whatever came before it.
  const double element = 1.0 / std::sqrt(static_cast<double>(inputs));
  const Value start = broadcast_to(weights.graph().scalar(element, weights.dtype()), Shape{inputs});
  const Value matrix = reshape(weights, Shape{inputs, shape.back()});
  const Value sigma = spectral_norm(matrix, start, kIterations).sigma;
  return weights * (1.0 / (sigma + kLeastNorm));
}

}  // namespace castalia
