// A rational-quadratic spline (arXiv:1906.04032) on a device.
#ifndef CASTALIA_CPP_OPS_RQ_SPLINE_CUDA_H_
#define CASTALIA_CPP_OPS_RQ_SPLINE_CUDA_H_

#include <cmath>
#include <cstdint>

#include "cpp/ops/spline_cuda.h"

namespace castalia::cuda {

// The names of the formulas: t is the place in the bin, s the slope of its chord, d0 and d1 are the
// derivatives at its ends; (y - bottom) / height = A / D, dy/dx = s^2 q / D^2. Every sum has terms
// of one sign.
template <typename T, int kBins>
class RqCurve {
 public:
  using Number = T;
  static int64_t extra(int64_t) { return 0; }

  template <bool>
  CASTALIA_ANYWHERE void read(const SplineNumbers<T>& n, T* row) {
    bins_ = n.template bins_of<kBins>();
    x_.template read<kBins>(n, row);
    y_.template read<kBins>(n, row + bins_);
    derivatives_ = row + 2 * bins_;
  }

  template <bool kInverse>
  CASTALIA_ANYWHERE void find(const SplineNumbers<T>& n, T argument) {
    index_ = find_bin<kInverse, kBins>(n, argument, kInverse ? n.height_floor : n.width_floor,
                                       kInverse ? n.height_share : n.width_share, &x_, &y_);
  }

  template <bool kGradient>
  CASTALIA_ANYWHERE void shape(const SplineNumbers<T>& n) {
    x_.place_knots(n, index_, bins_, n.width_floor, n.width_share);
    y_.place_knots(n, index_, bins_, n.height_floor, n.height_share);
    ends_.template shape<kGradient>(n, index_, bins_, derivatives_);
    s_ = y_.size / x_.size;
  }

  CASTALIA_ANYWHERE void move_to_x(T x) { move_to(spline_at_most((x - x_.start) / x_.size, T(1))); }

  // The root in [0, 1] of a quadratic equation. With g = (y - bottom) / height and
  // e = d0 (1 - g) - d1 g, its middle coefficient is b = e + 2 s g and its discriminant
  // e^2 + 4 s^2 g (1 - g), a sum of squares. The root is taken in the form that adds numbers of one
  // sign.
  CASTALIA_ANYWHERE void move_to_y(T y) {
    const T g = spline_at_most((y - y_.start) / y_.size, T(1));
    const T rest = 1 - g;
    const T s2 = s_ + s_;
    const T sg2 = s2 * g;
    const T e = std::fma(-ends_.value1, g, ends_.value0 * rest);
    const T square = std::fma(e, e, sg2 * s2 * rest);
    const T b = e + sg2;
    const T sum = std::abs(b) + std::sqrt(square);
    // 2 s g / (b + root), or (|b| + root) / (2 (s + |b|)).
    const bool descending = b < 0;
    const T numerator = descending ? sum : sg2;
    const T denominator = descending ? 2 * (s_ - b) : sum;
    move_to(spline_at_most(numerator / denominator, T(1)));
  }

  CASTALIA_ANYWHERE T x() const { return spline_at_most(std::fma(x_.size, t_, x_.start), x_.end); }
  CASTALIA_ANYWHERE T y() const {
    return spline_at_most(std::fma(y_.size, a_ * d_inverse_, y_.start), y_.end);
  }
  CASTALIA_ANYWHERE T log_derivative() const { return std::log(derivative()); }
  CASTALIA_ANYWHERE T derivative() const {
    const T ratio = s_ * d_inverse_;
    return ratio * ratio * q_;
  }
  CASTALIA_ANYWHERE T log_slope() const { return l_t() / x_.size; }

  CASTALIA_ANYWHERE T pull_back(const SplineNumbers<T>& n, T gy, T gl) const {
    const T d0 = ends_.value0, d1 = ends_.value1;
    const T width_inverse = 1 / x_.size;
    const T q_inverse = 1 / q_;
    const T r = d_inverse_;
    const T t2 = t_ * t_, rest2 = rest_ * rest_;
    const T g = a_ * r;

    // Derivatives of g and of l = log(dy/dx) with respect to t, s, d0 and d1.
    const T both_r2 = both_ * r * r;
    const T g_t = s_ * q_ * (r * r);
    const T g_s = both_r2 * std::fma(-d0, rest2, d1 * t2);
    const T g_d0 = both_r2 * std::fma(s_, rest2, d1 * both_);
    const T g_d1 = -(both_r2 * a_);
    const T slope_inverse = x_.size / y_.size;
    const T l_s = 2 * std::fma(-(t2 + rest2), r, std::fma(both_, q_inverse, slope_inverse));
    const T common = 2 * both_ * r;
    const T l_d0 = std::fma(rest2, q_inverse, -common);
    const T l_d1 = std::fma(t2, q_inverse, -common);

    const T gg = gy * y_.size;
    const T by_t = std::fma(gg, g_t, gl * l_t());
    const T by_s = std::fma(gg, g_s, gl * l_s);
    ends_.pull_back(n, index_, bins_, std::fma(gg, g_d0, gl * l_d0), std::fma(gg, g_d1, gl * l_d1),
                    derivatives_);
    const T by_x = by_t * width_inverse;
    const T by_width = -(std::fma(by_t, t_, by_s * s_) * width_inverse);
    const T by_height = std::fma(gy, g, by_s * width_inverse);
    x_.template pull_back<kBins>(n, index_, -by_x, by_width, n.width_share);
    y_.template pull_back<kBins>(n, index_, gy, by_height, n.height_share);
    return by_x;
  }

 private:
  CASTALIA_ANYWHERE void move_to(T t) {
    const T d0 = ends_.value0, d1 = ends_.value1;
    t_ = t;
    rest_ = 1 - t;
    both_ = t * rest_;
    const T t2 = t * t, rest2 = rest_ * rest_;
    a_ = std::fma(s_, t2, d0 * both_);
    // 1 - 2 t (1 - t) = t^2 + (1 - t)^2
    d_inverse_ = 1 / std::fma(s_, t2 + rest2, (d0 + d1) * both_);
    q_ = std::fma(d1, t2, std::fma(s_ + s_, both_, d0 * rest2));
  }

  // The derivative of log(dy/dx) by t.
  CASTALIA_ANYWHERE T l_t() const {
    const T d0 = ends_.value0, d1 = ends_.value1;
    const T tilt = rest_ - t_;
    const T half_q_t = std::fma(d1, t_, std::fma(s_, tilt, -(d0 * rest_)));
    const T d_t = (d0 + d1 - (s_ + s_)) * tilt;
    return 2 * std::fma(-d_t, d_inverse_, half_q_t / q_);
  }

  int bins_, index_;
  SplineAxis<T> x_, y_;
  T* derivatives_;
  SplineEnds<T> ends_;
  T s_;
  T t_, rest_, both_;  // t, 1 - t and t (1 - t)
  T a_, d_inverse_, q_;
};

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_RQ_SPLINE_CUDA_H_
