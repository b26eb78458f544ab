#include "cpp/prob/density.h"

#include <cmath>
#include <numbers>

#include "cpp/ops/ops.h"

namespace castalia {

Value normal_log_prob(Value z) {
  const double log_normalisation =
      -0.5 * static_cast<double>(z.columns()) * std::log(2 * std::numbers::pi);
  return sum(square(cast(z, DType::float64)), {1}, true) * -0.5 + log_normalisation;
}

Value normal_sample(Trace& trace, int64_t rows, int64_t features, int64_t stage) {
  return random_normal(trace.seed, trace.first_event, rows, features, stage, trace.dtype());
}

double uniform_log_prob(int64_t features, double bound) {
  return -static_cast<double>(features) * std::log(2 * bound);
}

Value uniform_sample(Trace& trace, int64_t rows, int64_t features, double bound, int64_t stage) {
  const Value u =
      random_uniform(trace.seed, trace.first_event, rows, features, stage, trace.dtype());
  return (u - 0.5) * (2 * bound);
}

}  // namespace castalia
