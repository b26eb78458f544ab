// What the definitions of cubic_spline and of its inverse share.
#ifndef CASTALIA_CPP_OPS_CUBIC_KNOTS_H_
#define CASTALIA_CPP_OPS_CUBIC_KNOTS_H_

#include "cpp/graph/graph.h"
#include "cpp/ops/spline_options.h"

namespace castalia {

// The bin that an argument falls into: each member is (rows, features).
struct CubicBin {
  Value left, width;
  Value bottom, height;
  Value start, end;  // the derivatives at its knots, relative to height / width

  // log(dy/dx) at a place in the bin, 0 <= place <= 1.
  Value log_derivative(Value place) const;
};

// All knots of (rows, features) cubic splines.
class CubicKnots {
 public:
  CubicKnots(Value params, int64_t features, const SplineOptions& options);

  // The bin of x in [lower, upper]; of y where `inverse`.
  CubicBin bin(Value argument, bool inverse) const;

 private:
  Value x_;            // (rows, features, bins + 1)
  Value y_;            // (rows, features, bins + 1)
  Value derivatives_;  // (rows, features, bins + 1)
};

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CUBIC_KNOTS_H_
