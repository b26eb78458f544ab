// What the definitions of a rational-quadratic spline and of its inverse share.
#ifndef CASTALIA_CPP_OPS_SPLINE_KNOTS_H_
#define CASTALIA_CPP_OPS_SPLINE_KNOTS_H_

#include <span>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/ops/rq_spline/op.h"

namespace castalia {

RqSplineOptions rq_spline_options(const Attributes& attributes);
std::vector<TensorType> infer_rq_spline(std::span<const TensorType> inputs,
                                        const Attributes& attributes);

// Derivative logits are clipped to this: softplus(60) is far beyond any trained derivative, and its
// square is finite in float32.
inline constexpr double kLargestDerivativeLogit = 60;

// The bin that an argument falls into: each member is (rows, features).
struct RqBin {
  Value left, width;     // of the bin in x
  Value bottom, height;  // of the bin in y
  Value derivative_left, derivative_right;
};

// All knots of (rows, features) splines.
class RqKnots {
 public:
  RqKnots(Value params, int64_t features, const RqSplineOptions& options);

  // The bin of x in [lower, upper]; of y where `inverse`. Which bin it is does not depend smoothly
  // on the argument, so nothing flows back to it from here.
  RqBin bin(Value argument, bool inverse) const;

 private:
  Value x_;            // (rows, features, bins + 1)
  Value y_;            // (rows, features, bins + 1)
  Value derivatives_;  // (rows, features, bins + 1)
  int64_t bins_;
};

// Brings an argument into [lower, upper].
Value clipped(Value argument, const RqSplineOptions& options);

// Puts the tails on: the results hold inside [lower, upper] only.
std::vector<Value> with_tails(Value argument, Value result, Value log_abs_det,
                              const RqSplineOptions& options);

// The logarithm of dy/dx at a place in the bin, 0 <= place <= 1.
Value log_derivative(const RqBin& bin, Value slope, Value place);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SPLINE_KNOTS_H_
