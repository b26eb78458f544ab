#ifndef CASTALIA_CPP_OPS_RQ_SPLINE_INVERSE_OP_H_
#define CASTALIA_CPP_OPS_RQ_SPLINE_INVERSE_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"
#include "cpp/ops/rq_spline/op.h"

namespace castalia {

const Operator& rq_spline_inverse_operator();

// The x whose rq_spline with the same parameters is the given y, and the logarithm of dx/dy. The
// root of the quadratic equation is computed without cancellation.
RqSpline rq_spline_inverse(Value y, Value params, const RqSplineOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_RQ_SPLINE_INVERSE_OP_H_
