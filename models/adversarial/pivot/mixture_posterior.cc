#include "models/adversarial/pivot/mixture_posterior.h"

#include <cmath>
#include <numbers>

#include "cpp/ops/ops.h"

namespace castalia {

int64_t mixture_description(int64_t components, int64_t nuisances) {
  return components * (1 + 2 * nuisances);
}

Value mixture_surprise(Value description, Value z, int64_t components) {
  const int64_t rows = z.rows();
  const int64_t nuisances = z.shape()[1];
  const Value all = cast(description, DType::float64);
  const auto table = [&](int64_t begin) {
    return reshape(slice(all, 1, begin, begin + components * nuisances),
                   Shape{rows, components, nuisances});
  };
  const Value logits = slice(all, 1, 0, components);
  const Value centres = table(components);
  const Value log_widths =
      kMostLogWidth * tanh((1 / kMostLogWidth) * table(components + components * nuisances));
  const Value distances =
      (reshape(z, Shape{rows, 1, nuisances}) - centres) * exp(negate(log_widths));
  const Value exponents =
      reshape(sum(0.5 * square(distances) + log_widths, {2}, false), Shape{rows, components});
  const double constant = 0.5 * static_cast<double>(nuisances) * std::log(2 * std::numbers::pi);
  return logsumexp(logits) - logsumexp(logits - exponents) + constant;
}

}  // namespace castalia
