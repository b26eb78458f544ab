// What the definitions of the splines and of their inverses share.
#ifndef CASTALIA_CPP_OPS_SPLINE_KNOTS_H_
#define CASTALIA_CPP_OPS_SPLINE_KNOTS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/ops/spline_options.h"

namespace castalia {

SplineOptions spline_options(const Attributes& attributes);

// The types of a spline's two results: x is (rows, features), and there are so many parameters a
// feature. An Error that names what does not fit.
std::vector<TensorType> infer_spline(std::span<const TensorType> inputs,
                                     const SplineOptions& options, int64_t parameters,
                                     bool may_be_circular = false);
// Derivatives at knots that have a parameter of their own.
int64_t free_derivatives(const SplineOptions& options);
// The same for rational-quadratic splines.
std::vector<TensorType> infer_rq_spline(std::span<const TensorType> inputs,
                                        const Attributes& attributes);

// Derivative logits are clipped to this: softplus(60) is far beyond any trained derivative, and its
// square is finite in float32.
inline constexpr double kLargestDerivativeLogit = 60;

// Parameters (rows, features * parameters) as (rows, features, parameters).
Value by_feature(Value params, int64_t features);
// Positions of the bins + 1 knots between the bounds, the first and the last exactly on them, from
// one logit a bin: (rows, features, bins + 1). A bin takes the floor as a fraction at least.
Value knot_positions(Value logits, double floor, const SplineOptions& options);
// Knots at equal distances, the same for all: (1, 1, bins + 1).
Value equal_positions(Graph& graph, DType dtype, const SplineOptions& options);
// Logits brought to +-kLargestDerivativeLogit.
Value limited_logits(Value logits);
// Positive numbers from logits: softplus, shifted to give 1 for 0, above the floor.
Value positive_numbers(Value logits, double floor);
// Derivatives at all knots: min_derivative and more, and 1 at the bounds with linear tails, where
// there are no logits. The last one of a circular spline is the first.
Value knot_derivatives(Value logits, const SplineOptions& options);

// Which bin an argument within the bounds falls into, knots (rows or 1, features or 1, bins + 1).
// It does not depend smoothly on the argument, so nothing flows back to it from here.
class BinChoice {
 public:
  BinChoice(Value knots, Value argument);

  // The element of `values` (rows or 1, features or 1, bins or more) that stands `offset` behind
  // the bin's number: (rows, features). Offset 0 and 1 give the knots on both sides of the bin.
  Value pick(Value values, int64_t offset = 0) const;

 private:
  Value here_;  // (rows, features, bins): 1 at the bin
  Shape shape_;
  int64_t bins_;
};

// The bin that an argument falls into: each member is (rows, features).
struct RqBin {
  Value left, width;     // of the bin in x
  Value bottom, height;  // of the bin in y
  Value derivative_left, derivative_right;
};

// All knots of (rows, features) rational-quadratic splines.
class RqKnots {
 public:
  RqKnots(Value params, int64_t features, const SplineOptions& options);

  // The bin of x in [lower, upper]; of y where `inverse`.
  RqBin bin(Value argument, bool inverse) const;

 private:
  Value x_;            // (rows, features, bins + 1)
  Value y_;            // (rows, features, bins + 1)
  Value derivatives_;  // (rows, features, bins + 1)
};

// The logarithm of dy/dx at a place in the bin, 0 <= place <= 1.
Value rq_log_derivative(const RqBin& bin, Value slope, Value place);

// Brings an argument into [lower, upper], by whole periods if circular; or a number into [0, 1].
Value clipped(Value argument, const SplineOptions& options);
Value clipped_to_unit(Value number);

// Puts the tails on: the results hold inside [lower, upper] only.
std::vector<Value> with_tails(Value argument, Value result, Value log_abs_det,
                              const SplineOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SPLINE_KNOTS_H_
