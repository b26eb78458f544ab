// What the definitions of quadratic_spline and of its inverse share.
#ifndef CASTALIA_CPP_OPS_QUADRATIC_KNOTS_H_
#define CASTALIA_CPP_OPS_QUADRATIC_KNOTS_H_

#include "cpp/graph/graph.h"
#include "cpp/ops/spline_options.h"

namespace castalia {

// The bin that an argument falls into: each member is (rows, features).
struct QuadraticBin {
  Value left, width;
  Value bottom;
  Value density_left, density_right;  // dy/dx at its knots
};

// All knots of (rows, features) quadratic splines.
class QuadraticKnots {
 public:
  QuadraticKnots(Value params, int64_t features, const SplineOptions& options);

  // The bin of x in [lower, upper]; of y where `inverse`.
  QuadraticBin bin(Value argument, bool inverse) const;

 private:
  Value x_;          // (rows, features, bins + 1)
  Value y_;          // (rows, features, bins + 1)
  Value densities_;  // (rows, features, bins + 1)
};

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_QUADRATIC_KNOTS_H_
