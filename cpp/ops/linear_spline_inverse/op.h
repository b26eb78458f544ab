#ifndef CASTALIA_CPP_OPS_LINEAR_SPLINE_INVERSE_OP_H_
#define CASTALIA_CPP_OPS_LINEAR_SPLINE_INVERSE_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"
#include "cpp/ops/spline_options.h"

namespace castalia {

const Operator& linear_spline_inverse_operator();

// The x whose linear_spline with the same parameters is the given y, and the logarithm of dx/dy.
Spline linear_spline_inverse(Value y, Value params, const SplineOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LINEAR_SPLINE_INVERSE_OP_H_
