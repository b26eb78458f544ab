#ifndef CASTALIA_CPP_OPS_RATIONAL_LINEAR_SPLINE_OP_H_
#define CASTALIA_CPP_OPS_RATIONAL_LINEAR_SPLINE_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"
#include "cpp/ops/spline_options.h"

namespace castalia {

const Operator& rational_linear_spline_operator();

// Parameters of one feature: `bins` widths and as many heights, of which softmax makes fractions,
// then the derivatives at the knots (at the inner ones with linear tails, where it is 1 at both
// bounds; one for both bounds of a circular spline), of which softplus makes positive numbers, and
// for each bin the place of its middle knot, of which sigmoid makes a number between 0.025 and
// 0.975. Parameters that are all zero give the identity.
int64_t rational_linear_spline_parameters(const SplineOptions& options);

// A monotone rational-linear spline (arXiv:2001.05486): x is (rows, features), params (rows,
// features * rational_linear_spline_parameters(options)), feature by feature. Finite in value and
// in every derivative for all finite inputs.
Spline rational_linear_spline(Value x, Value params, const SplineOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_RATIONAL_LINEAR_SPLINE_OP_H_
