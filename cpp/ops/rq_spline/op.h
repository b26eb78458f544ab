#ifndef CASTALIA_CPP_OPS_RQ_SPLINE_OP_H_
#define CASTALIA_CPP_OPS_RQ_SPLINE_OP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

// A monotone rational-quadratic spline (arXiv:1906.04032) maps [lower, upper] onto itself.
struct RqSplineOptions {
  int64_t bins = 8;
  double lower = -5;
  double upper = 5;
  // What happens outside [lower, upper]: "linear" is the identity, and the derivative at both bounds
  // is 1; "none" is for data that lie inside: what does not is taken for the nearest bound.
  std::string tails = "linear";
  // Floors: of a bin's width and height as fractions of upper - lower, and of the derivatives.
  double min_width = 1e-3;
  double min_height = 1e-3;
  double min_derivative = 1e-3;

  Attributes attributes() const;
  // Parameters of one feature: `bins` widths and as many heights, of which softmax makes fractions,
  // then the derivatives at the knots (at the inner ones with linear tails), of which softplus makes
  // positive numbers. Parameters that are all zero give the identity.
  int64_t parameters() const { return tails == "linear" ? 3 * bins - 1 : 3 * bins + 1; }
};

struct RqSpline {
  Value y;            // (rows, features)
  Value log_abs_det;  // (rows, features): the logarithm of dy/dx of each element
};

const Operator& rq_spline_operator();

// x is (rows, features), params (rows, features * options.parameters()), feature by feature.
// Finite in value and in every derivative for all finite inputs.
RqSpline rq_spline(Value x, Value params, const RqSplineOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_RQ_SPLINE_OP_H_
