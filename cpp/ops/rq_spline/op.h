#ifndef CASTALIA_CPP_OPS_RQ_SPLINE_OP_H_
#define CASTALIA_CPP_OPS_RQ_SPLINE_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"
#include "cpp/ops/spline_options.h"

namespace castalia {

// The settings of a monotone rational-quadratic spline (arXiv:1906.04032). With linear tails the
// derivative at both bounds is 1.
using RqSplineOptions = SplineOptions;

// Parameters of one feature: `bins` widths and as many heights, of which softmax makes fractions,
// then the derivatives at the knots (at the inner ones with linear tails, one for both bounds of a
// circular spline), of which softplus makes positive numbers. Parameters that are all zero give the
// identity.
int64_t rq_spline_parameters(const RqSplineOptions& options);

struct RqSpline {
  Value y;            // (rows, features)
  Value log_abs_det;  // (rows, features): the logarithm of dy/dx of each element
};

const Operator& rq_spline_operator();

// x is (rows, features), params (rows, features * rq_spline_parameters(options)), feature by
// feature.
// Finite in value and in every derivative for all finite inputs.
RqSpline rq_spline(Value x, Value params, const RqSplineOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_RQ_SPLINE_OP_H_
