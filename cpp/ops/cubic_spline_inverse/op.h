#ifndef CASTALIA_CPP_OPS_CUBIC_SPLINE_INVERSE_OP_H_
#define CASTALIA_CPP_OPS_CUBIC_SPLINE_INVERSE_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"
#include "cpp/ops/spline_options.h"

namespace castalia {

const Operator& cubic_spline_inverse_operator();

// The x whose cubic_spline with the same parameters is the given y, and the logarithm of dx/dy.
Spline cubic_spline_inverse(Value y, Value params, const SplineOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CUBIC_SPLINE_INVERSE_OP_H_
