// The references of monotone maps of one number and of their inverses, the splines apart: each map
// by the formula of its paper, its inverse by bisection; plain loops in double.
#ifndef CASTALIA_CPP_OPS_MONOTONE_REFERENCE_H_
#define CASTALIA_CPP_OPS_MONOTONE_REFERENCE_H_

#include <functional>
#include <span>
#include <vector>

#include "cpp/graph/attributes.h"
#include "cpp/ops/reference.h"

namespace castalia {

struct MapPoint {
  double y;
  double log_derivative;
};

// A map as a function, from its parameters.
using MapFunction = std::function<MapPoint(double x)>;
using MakeMap = MapFunction (*)(const double* params, const Attributes& attributes);

MapFunction additive_function(const double* params, const Attributes& attributes);
MapFunction affine_function(const double* params, const Attributes& attributes);
MapFunction squared_function(const double* params, const Attributes& attributes);
MapFunction logistic_mixture_function(const double* params, const Attributes& attributes);
MapFunction deep_sigmoid_function(const double* params, const Attributes& attributes);
MapFunction sum_of_squares_function(const double* params, const Attributes& attributes);
MapFunction unconstrained_monotonic_function(const double* params, const Attributes& attributes);

std::vector<Tensor> monotone_reference(MakeMap make, const Attributes& attributes,
                                       std::span<const Tensor> inputs, bool inverse);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MONOTONE_REFERENCE_H_
