#ifndef CASTALIA_CPP_OPS_LINEAR_SPLINE_OP_H_
#define CASTALIA_CPP_OPS_LINEAR_SPLINE_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"
#include "cpp/ops/spline_options.h"

namespace castalia {

const Operator& linear_spline_operator();

// Parameters of one feature: the heights of `bins` bins of equal width, of which softmax makes
// fractions. Parameters that are all zero give the identity. The derivative jumps at the knots, and
// at the bounds with linear tails.
int64_t linear_spline_parameters(const SplineOptions& options);

// A monotone linear spline (arXiv:1808.03856): x is (rows, features), params (rows, features *
// linear_spline_parameters(options)), feature by feature. Finite in value and in every derivative
// for all finite inputs.
Spline linear_spline(Value x, Value params, const SplineOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LINEAR_SPLINE_OP_H_
