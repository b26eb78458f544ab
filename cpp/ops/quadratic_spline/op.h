#ifndef CASTALIA_CPP_OPS_QUADRATIC_SPLINE_OP_H_
#define CASTALIA_CPP_OPS_QUADRATIC_SPLINE_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"
#include "cpp/ops/spline_options.h"

namespace castalia {

const Operator& quadratic_spline_operator();

// Parameters of one feature: `bins` widths, of which softmax makes fractions, then the densities at
// the knots (at the inner ones with linear tails, where the derivative at both bounds is 1), of
// which softplus makes positive numbers and a common factor a density. Parameters that are all zero
// give the identity.
int64_t quadratic_spline_parameters(const SplineOptions& options);

// A monotone quadratic spline (arXiv:1808.03856): x is (rows, features), params (rows, features *
// quadratic_spline_parameters(options)), feature by feature. Finite in value and in every
// derivative for all finite inputs.
Spline quadratic_spline(Value x, Value params, const SplineOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_QUADRATIC_SPLINE_OP_H_
