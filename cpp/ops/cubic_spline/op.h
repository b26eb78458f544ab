#ifndef CASTALIA_CPP_OPS_CUBIC_SPLINE_OP_H_
#define CASTALIA_CPP_OPS_CUBIC_SPLINE_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"
#include "cpp/ops/spline_options.h"

namespace castalia {

const Operator& cubic_spline_operator();

// Parameters of one feature: `bins` widths and as many heights, of which softmax makes fractions,
// and without tails the derivatives at the bounds, of which sigmoid makes numbers between 0 and
// three times the slope of the outermost bin. With linear tails these are 1, or three times that
// slope if this is less. Inner derivatives follow from the slopes by Steffen's rule. Parameters
// that are all zero give the identity.
int64_t cubic_spline_parameters(const SplineOptions& options);

// A monotone cubic spline (arXiv:1906.02145): x is (rows, features), params (rows, features *
// cubic_spline_parameters(options)), feature by feature. Finite in value and in every derivative
// for all finite inputs.
Spline cubic_spline(Value x, Value params, const SplineOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CUBIC_SPLINE_OP_H_
