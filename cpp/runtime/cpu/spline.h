// Monotone splines: many scalars, each with a spline of its own.
//
// Each spline maps [lower, upper] onto itself through `bins` pieces of one kind. Its parameters are
// contiguous raw numbers, from which come
//   fractions of the interval     floor + (1 - bins floor) softmax(raw)_k: widths and heights,
//   derivatives at the knots      min_derivative + softplus(raw_k + shift), 1 for raw_k = 0.
// Outside the interval stands the identity (linear tails), or the argument is clipped to the
// interval (no tails), or it is brought into it by whole periods (circular). Parameters that are
// all zero give the identity.
//
// For all finite arguments and parameters all results are finite, gradients too. A NaN argument
// gives NaN. A spline's results have the same bits at any place among any number of splines.
#ifndef CASTALIA_CPP_RUNTIME_CPU_SPLINE_H_
#define CASTALIA_CPP_RUNTIME_CPU_SPLINE_H_

#include <cstddef>

#include "cpp/runtime/cpu/element_map.h"

namespace castalia::cpu {

// The pieces and their raw numbers, in their order. With linear tails the derivatives at both
// bounds are 1 and have none: bins - 1 instead of bins + 1 derivatives. A circular spline has the
// same derivative at both, the first: bins derivatives. Only rational splines can be circular.
enum class SplineKind {
  linear,           // arXiv:1808.03856: heights of bins of equal width
  quadratic,        // arXiv:1808.03856: widths, densities at the knots, which are normalised
  cubic,            // arXiv:1906.02145: widths, heights, without tails 2 derivatives at the bounds
  rational_linear,  // arXiv:2001.05486: widths, heights, derivatives, a middle knot each bin
  rational_quadratic,  // arXiv:1906.04032: widths, heights, derivatives
};

enum class SplineTails { linear, none, circular };

struct SplineSettings {
  int bins = 8;
  double lower = -5;
  double upper = 5;
  SplineTails tails = SplineTails::linear;
  // Floors: of a bin's width and height as fractions of the interval, and of the derivatives.
  double min_width = 1e-3;
  double min_height = 1e-3;
  double min_derivative = 1e-3;
};

// T is float or double. Thread-safe.
class Spline {
 public:
  static constexpr int kMaxBins = 128;
  // Raw derivatives are clipped to +-60 before use, and have no gradient beyond.
  static constexpr double kLargestRawDerivative = 60;

  // An Error (out_of_range) for settings that allow no spline.
  Spline(SplineKind kind, const SplineSettings& settings);

  SplineKind kind() const { return kind_; }
  const SplineSettings& settings() const { return settings_; }
  // Raw numbers of one spline.
  size_t parameters() const;

  template <typename T>
  void compute(MapTask task, const MapArrays<T>& arrays, size_t count) const;

 private:
  SplineKind kind_;
  SplineSettings settings_;
};

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_SPLINE_H_
