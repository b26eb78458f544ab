#ifndef CASTALIA_CPP_OPS_UNCONSTRAINED_MONOTONIC_OP_H_
#define CASTALIA_CPP_OPS_UNCONSTRAINED_MONOTONIC_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

struct UnconstrainedMonotonicOptions {
  int64_t units = 8;
  int64_t nodes = 32;  // even
  double lower = -5;
  double upper = 5;

  Attributes attributes() const;
};
UnconstrainedMonotonicOptions unconstrained_monotonic_options(const Attributes& attributes);

// The integral of a positive network (arXiv:1908.05164) of which every element has its own weights:
// on [lower, upper], with s the place there as a number in [-1, 1],
//   log(dy/dx) = scale + sum_j w_j tanh(a_j s + b_j)
// within +-log(1e3), and y = x + shift in the middle; outside, the map is continued along its
// tangents. The integral is taken by the rule of Clenshaw and Curtis with `nodes` intervals.
// Weights, slopes and offsets are bounded (monotone_limits.h), so that with 32 intervals the
// derivative of the result is dy/dx to within 1e-7 for raw parameters up to 100, 1e-9 for common
// ones.
// Parameters: the raw weights w, slopes a and offsets b, then the shift and the raw scale. A
// monotone map of one number (monotone_parts.h). Zeros give the identity.
const Operator& unconstrained_monotonic_operator();

int64_t unconstrained_monotonic_parameters(const UnconstrainedMonotonicOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_UNCONSTRAINED_MONOTONIC_OP_H_
