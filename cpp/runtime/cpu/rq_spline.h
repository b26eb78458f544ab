// Monotone rational-quadratic splines (arXiv:1906.04032): many scalars, each with a spline of its
// own.
//
// Each spline maps [lower, upper] onto itself through `bins` rational-quadratic pieces. Its
// parameters are contiguous: `bins` raw widths, `bins` raw heights and the raw derivatives at the
// knots, from which come
//   width_k      = (upper - lower) (min_width + (1 - bins min_width) softmax(raw)_k), heights
//   alike, derivative_k = min_derivative + softplus(raw_k + shift), which is 1 for raw_k = 0.
// Outside the interval stands the identity (linear tails: the derivative at both ends is 1 and has
// no parameter), or the argument is clipped to the interval (no tails: all bins + 1 derivatives are
// parameters).
//
// For all finite arguments and parameters all results are finite, gradients too. A NaN argument
// gives NaN. A spline's results have the same bits at any place among any number of splines.
#ifndef CASTALIA_CPP_RUNTIME_CPU_RQ_SPLINE_H_
#define CASTALIA_CPP_RUNTIME_CPU_RQ_SPLINE_H_

#include <cstddef>

namespace castalia::cpu {

struct RqSplineSettings {
  int bins = 8;
  double lower = -5;
  double upper = 5;
  bool linear_tails = true;
  // Floors: of a bin's width and height as fractions of the interval, and of the derivatives.
  double min_width = 1e-3;
  double min_height = 1e-3;
  double min_derivative = 1e-3;
};

// T is float or double. Thread-safe. No buffer needs padding or alignment; no two may overlap,
// except that a result of forward and inverse may take the place of the argument.
class RqSpline {
 public:
  static constexpr int kMaxBins = 128;
  // Raw derivatives are clipped to +-60 before use, and have no gradient beyond.
  static constexpr double kLargestRawDerivative = 60;

  // An Error (out_of_range) for settings that allow no spline.
  explicit RqSpline(const RqSplineSettings& settings);

  const RqSplineSettings& settings() const { return settings_; }
  double derivative_shift() const { return derivative_shift_; }
  // Parameters of one spline.
  size_t parameters() const {
    return static_cast<size_t>(3 * settings_.bins + (settings_.linear_tails ? -1 : 1));
  }

  // x [count], params [count, parameters()] -> y [count], log_abs_det [count] = log(dy/dx).
  template <typename T>
  void forward(const T* x, const T* params, T* y, T* log_abs_det, size_t count) const;

  // y [count] -> the x that forward maps to it, and log_abs_det = log(dx/dy).
  template <typename T>
  void inverse(const T* y, const T* params, T* x, T* log_abs_det, size_t count) const;

  // From the gradients with respect to both results of forward, those with respect to x [count] and
  // params [count, parameters()]. Where the argument is clipped, that of x is zero.
  template <typename T>
  void forward_gradient(const T* x, const T* params, const T* gradient_y,
                        const T* gradient_log_abs_det, T* gradient_x, T* gradient_params,
                        size_t count) const;

  // The same for inverse.
  template <typename T>
  void inverse_gradient(const T* y, const T* params, const T* gradient_x,
                        const T* gradient_log_abs_det, T* gradient_y, T* gradient_params,
                        size_t count) const;

 private:
  RqSplineSettings settings_;
  double derivative_shift_;
};

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_RQ_SPLINE_H_
