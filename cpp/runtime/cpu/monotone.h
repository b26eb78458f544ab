// Monotone maps of one number beside the splines (spline.h): many scalars, each with a map of its
// own.
//
// Arithmetic is float64 for arguments of both types. For all finite arguments and parameters all
// results are finite (arguments and parameters are first brought within the limits of
// cpp/base/monotone_limits.h); a NaN argument gives NaN. A map's results have the same bits at any
// place among any number of maps. The definitions in cpp/ops say what each map is.
#ifndef CASTALIA_CPP_RUNTIME_CPU_MONOTONE_H_
#define CASTALIA_CPP_RUNTIME_CPU_MONOTONE_H_

#include <cstddef>

#include "cpp/base/quadrature.h"
#include "cpp/runtime/cpu/element_map.h"

namespace castalia::cpu {

// The maps, and their raw numbers in their order.
enum class MonotoneKind {
  additive,                 // arXiv:1410.8516: a shift
  affine,                   // arXiv:1605.08803: a shift, a scale
  squared,                  // arXiv:1901.10548: a shift, scales outside and inside, bend, place
  logistic_mixture,         // arXiv:1902.00275: weights, means, scales, then a shift and a scale
  deep_sigmoid,             // arXiv:1804.00779: weights, offsets, slopes
  sum_of_squares,           // arXiv:1905.02325: coefficients of each polynomial, a shift
  unconstrained_monotonic,  // arXiv:1908.05164: weights, slopes, offsets; a shift, a scale
};

// How an affine map's scale comes from its raw number (cpp/ops/affine/op.h).
enum class AffineScale { bounded_exponential, sigmoid, softplus };

// Those that a kind does not name in its comment above are not read.
struct MonotoneSettings {
  AffineScale scale = AffineScale::bounded_exponential;
  double min_scale = 1e-3;
  int members = 8;  // of a mixture: sigmoids; of a sum: polynomials; of a network: hidden units
  int degree = 4;   // of the polynomials
  int nodes = 32;   // intervals between the points of the network's integral
  double min_derivative = 1e-3;
  // Where polynomials and networks act; beyond, the map is continued along its tangents.
  double lower = -5;
  double upper = 5;
};

// T is float or double. Thread-safe.
class MonotoneMap {
 public:
  static constexpr size_t kMaxParameters = 400;

  // An Error (out_of_range) for more than kMaxParameters.
  MonotoneMap(MonotoneKind kind, const MonotoneSettings& settings);

  MonotoneKind kind() const { return kind_; }
  const MonotoneSettings& settings() const { return settings_; }
  // Raw numbers of one map.
  size_t parameters() const { return parameters_; }
  // What polynomials and networks are integrated with.
  const Quadrature& rule() const { return rule_; }

  // The tasks forward and inverse. The inverse of a map that has no formula for it is found by
  // Newton's steps inside an interval that holds it, until a step is below the rounding of the
  // result.
  template <typename T>
  void compute(MapTask task, const MapArrays<T>& arrays, size_t count) const;

 private:
  MonotoneKind kind_;
  MonotoneSettings settings_;
  size_t parameters_;
  Quadrature rule_;
};

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_MONOTONE_H_
