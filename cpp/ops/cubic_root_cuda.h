// The root of a rising cubic (cpp/ops/monotone_cubic_root/op.h) on a device.
#ifndef CASTALIA_CPP_OPS_CUBIC_ROOT_CUDA_H_
#define CASTALIA_CPP_OPS_CUBIC_ROOT_CUDA_H_

#include <cmath>
#include <limits>

#include "cpp/runtime/cuda/parallel.h"

namespace castalia::cuda {

// The t in [0, 1] with t (1 - t)^2 start + t^2 (1 - t) (3 - end) + t^3 = share, which is clipped to
// [0, 1]; NaN for a NaN. Newton's steps where they stay in the interval that holds the root, else
// its middle. Where the cubic is flat, halving ends it: an interval has no more than so many
// places.
CASTALIA_ANYWHERE inline double rising_cubic_root(double share, double start, double end) {
  const double sum = share + start + end;
  if (std::isnan(sum)) return sum;
  constexpr int kMostSteps = 60;
  share = share < 0 ? 0 : (share > 1 ? 1 : share);
  double low = 0;
  double high = 1;
  double t = share;
  for (int step = 0; step < kMostSteps; ++step) {
    const double rest = 1 - t;
    const double excess = t * (rest * (start * rest + (3 - end) * t) + t * t) - share;
    if (excess == 0) return t;
    (excess < 0 ? low : high) = t;
    const double derivative = start * rest * rest + 2 * (3 - start - end) * t * rest + end * t * t;
    const double newton = t - excess / derivative;
    const double next = newton > low && newton < high ? newton : (low + high) / 2;
    if (std::abs(next - t) <= std::numeric_limits<double>::epsilon()) return next;
    t = next;
  }
  return t;
}

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_CUBIC_ROOT_CUDA_H_
