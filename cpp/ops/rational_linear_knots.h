// What the definitions of rational_linear_spline and of its inverse share.
#ifndef CASTALIA_CPP_OPS_RATIONAL_LINEAR_KNOTS_H_
#define CASTALIA_CPP_OPS_RATIONAL_LINEAR_KNOTS_H_

#include "cpp/graph/graph.h"
#include "cpp/ops/spline_options.h"

namespace castalia {

// One of the two pieces of a bin: y = (wl yl (1 - u) + wr yr u) / (wl (1 - u) + wr u) for u, the
// place along the piece, from 0 to 1. Lengths and heights are relative to the bin's.
struct RationalLinearPiece {
  Value start, length;
  Value bottom, height;
  Value weight_left, weight_right;

  Value denominator(Value along) const;
};

// The bin that an argument falls into: each member is (rows, features).
struct RationalLinearBin {
  Value left, width;
  Value bottom, height;
  Value middle;                       // where the pieces meet: relative to the width,
  Value middle_height;                // and to the height
  Value upper_height;                 // 1 - middle_height
  Value weight_middle, weight_right;  // where the left knot has 1

  // The lower piece where `lower` is not 0, else the upper one.
  RationalLinearPiece piece(Value lower) const;
  // log(dy/dx) at a place along a piece.
  Value log_derivative(const RationalLinearPiece& piece, Value along) const;
};

// All knots of (rows, features) rational-linear splines.
class RationalLinearKnots {
 public:
  RationalLinearKnots(Value params, int64_t features, const SplineOptions& options);

  // The bin of x in [lower, upper]; of y where `inverse`.
  RationalLinearBin bin(Value argument, bool inverse) const;

 private:
  Value x_;            // (rows, features, bins + 1)
  Value y_;            // (rows, features, bins + 1)
  Value derivatives_;  // (rows, features, bins + 1)
  Value middles_;      // (rows, features, bins)
};

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_RATIONAL_LINEAR_KNOTS_H_
