#include "cpp/ops/affine_scale.h"

#include <cmath>

#include "cpp/ops/monotone_parts.h"
#include "cpp/ops/ops.h"

namespace castalia {

Value log_of_affine_scale(Value raw, const AffineMapOptions& options) {
  if (options.scale == "bounded_exponential") {
    return softly_limited(raw, -std::log(options.min_scale));
  }
  const Value r = limited(raw, kLargestRaw);
  const Value positive = options.scale == "sigmoid" ? sigmoid(r + 2.0) : softplus(r);
  return log(positive + options.min_scale);
}

}  // namespace castalia
