// The references of the splines beside the rational-quadratic one: y(x) by the formulas of the
// papers, its inverse by bisection; plain loops in double, one spline at a time.
#ifndef CASTALIA_CPP_OPS_PIECEWISE_REFERENCE_H_
#define CASTALIA_CPP_OPS_PIECEWISE_REFERENCE_H_

#include <functional>
#include <span>
#include <vector>

#include "cpp/graph/attributes.h"
#include "cpp/ops/reference.h"
#include "cpp/ops/spline_options.h"

namespace castalia {

struct SplinePoint {
  double y;
  double derivative;
};

// A spline of one feature as a function on [lower, upper], from its parameters.
using SplineFunction = std::function<SplinePoint(double x)>;
using SplinePieces = SplineFunction (*)(const double* params, const SplineOptions& options);

SplineFunction linear_spline_pieces(const double* params, const SplineOptions& options);
SplineFunction quadratic_spline_pieces(const double* params, const SplineOptions& options);
SplineFunction cubic_spline_pieces(const double* params, const SplineOptions& options);
SplineFunction rational_linear_spline_pieces(const double* params, const SplineOptions& options);

std::vector<Tensor> piecewise_reference(SplinePieces pieces, const Attributes& attributes,
                                        std::span<const Tensor> inputs, bool inverse);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_PIECEWISE_REFERENCE_H_
