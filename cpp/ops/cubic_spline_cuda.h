// A piecewise cubic spline (arXiv:1906.02145) on a device.
#ifndef CASTALIA_CPP_OPS_CUBIC_SPLINE_CUDA_H_
#define CASTALIA_CPP_OPS_CUBIC_SPLINE_CUDA_H_

#include <cmath>
#include <cstdint>

#include "cpp/ops/cubic_root_cuda.h"
#include "cpp/ops/spline_cuda.h"

namespace castalia::cuda {

// Derivatives at the knots are relative to the slope of the chosen bin: at the inner ones those of
// Steffen's parabolas, limited so that every piece rises.
template <typename T, int kBins>
class CubicCurve {
 public:
  using Number = T;
  static int64_t extra(int64_t) { return 0; }

  template <bool>
  CASTALIA_ANYWHERE void read(const SplineNumbers<T>& n, T* row) {
    bins_ = n.template bins_of<kBins>();
    x_.template read<kBins>(n, row);
    y_.template read<kBins>(n, row + bins_);
    bounds_ = row + 2 * bins_;
    floor_ = n.min_derivative;
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
    own_ = {x_.size, y_.size, y_.size / x_.size};
    first_ = index_ == 0;
    last_ = index_ + 1 == bins_;
    previous_ = bin(n, first_ ? 0 : index_ - 1);
    next_ = bin(n, last_ ? index_ : index_ + 1);
    T gain;
    start_ = first_ ? edge(n, 0, &gain) : inner(previous_);
    end_ = last_ ? edge(n, 1, &gain) : inner(next_);
  }

  CASTALIA_ANYWHERE void move_to_x(T x) { move_to(spline_at_most((x - x_.start) / x_.size, T(1))); }
  CASTALIA_ANYWHERE void move_to_y(T y) {
    const T share = spline_at_most((y - y_.start) / y_.size, T(1));
    move_to(rising_cubic_root(share, start_, end_));
  }

  CASTALIA_ANYWHERE T x() const { return spline_at_most(std::fma(x_.size, t_, x_.start), x_.end); }
  CASTALIA_ANYWHERE T y() const {
    return spline_at_most(std::fma(y_.size, rise(), y_.start), y_.end);
  }
  CASTALIA_ANYWHERE T log_derivative() const { return std::log(derivative()); }
  CASTALIA_ANYWHERE T derivative() const { return bounded() * own_.slope; }
  CASTALIA_ANYWHERE T log_slope() const { return by_relative(relative_t()) / x_.size; }

  CASTALIA_ANYWHERE T pull_back(const SplineNumbers<T>& n, T gy, T gl) const {
    const T rest = 1 - t_;
    const T both2 = 2 * (t_ * rest);
    const T g_height = gy * y_.size;
    const T g_relative = by_relative(gl);
    const T by_t = std::fma(g_height, relative_, g_relative * relative_t());
    const T by_x = by_t / x_.size;
    // By the derivatives at both ends relative to the slope.
    const T t_rest = t_ * rest;
    const T by_start = std::fma(g_height, t_rest * rest, g_relative * std::fma(rest, rest, -both2));
    const T by_end = std::fma(-g_height, t_rest * t_, g_relative * std::fma(t_, t_, -both2));

    Bin change{-(std::fma(by_t, t_, gl) / x_.size), std::fma(gy, rise(), gl / y_.size), 0};
    Bin before{0, 0, 0}, behind{0, 0, 0};
    pull_back_inner(previous_, start_, first_ ? T(0) : by_start, &before, &change);
    pull_back_inner(next_, end_, last_ ? T(0) : by_end, &behind, &change);
    if (n.linear_tails) {
      // 1 / slope, unless that is steeper than allowed.
      if (first_) pull_back_tail(start_, by_start, &change);
      if (last_) pull_back_tail(end_, by_end, &change);
    } else {
      T first_gain, last_gain;
      edge(n, 0, &first_gain);
      edge(n, 1, &last_gain);
      bounds_[0] = first_ ? by_start * first_gain : T(0);
      bounds_[1] = last_ ? by_end * last_gain : T(0);
    }
    through_slope(own_, &change);
    through_slope(previous_, &before);
    through_slope(next_, &behind);
    pull_back_sizes(x_, -by_x, before.width, change.width, behind.width, n.width_share);
    pull_back_sizes(y_, gy, before.height, change.height, behind.height, n.height_share);
    return by_x;
  }

 private:
  // At the steepest a cubic that rises from 0 to 1 may start or end with three times its slope.
  static constexpr T kSteepest = 3;

  // A bin's numbers, or gradients with respect to them.
  struct Bin {
    T width, height, slope;
  };

  CASTALIA_ANYWHERE Bin bin(const SplineNumbers<T>& n, int k) const {
    const T width = std::fma(x_.row[k], n.width_share * x_.inverse_sum, n.width_floor);
    const T height = std::fma(y_.row[k], n.height_share * y_.inverse_sum, n.height_floor);
    return {width, height, height / width};
  }

  // The derivative of Steffen's parabola through three knots, this bin's and those of a neighbour.
  CASTALIA_ANYWHERE T parabola(const Bin& other) const {
    return std::fma(other.slope, own_.width, own_.slope * other.width) / (other.width + own_.width);
  }
  CASTALIA_ANYWHERE T least_slope(const Bin& other) const {
    return other.slope < own_.slope ? other.slope : own_.slope;
  }
  // The derivative at an inner knot relative to the slope: at most twice that of either bin.
  CASTALIA_ANYWHERE T inner(const Bin& other) const {
    return spline_at_most(parabola(other), 2 * least_slope(other)) / own_.slope;
  }
  // That at the lower or the upper bound; *gain is its derivative by the raw number.
  CASTALIA_ANYWHERE T edge(const SplineNumbers<T>& n, int bound, T* gain) const {
    if (n.linear_tails) return spline_at_most(1 / own_.slope, kSteepest);
    // 1 for 0.
    const T shift = std::log((1 - floor_) / (kSteepest - 1));
    const T range = kSteepest - floor_;
    const T share = sigmoid_of_raw(bounds_[bound], shift, gain);
    *gain *= range;
    return std::fma(share, range, floor_);
  }

  CASTALIA_ANYWHERE void move_to(T t) {
    t_ = t;
    const T rest = 1 - t;
    const T middle = kSteepest - start_ - end_;
    relative_ = std::fma(middle + middle, t * rest, std::fma(start_ * rest, rest, end_ * t * t));
  }
  // (y - bottom) / height, in Bernstein's basis.
  CASTALIA_ANYWHERE T rise() const {
    const T rest = 1 - t_;
    const T inner = std::fma(start_, rest, (kSteepest - end_) * t_);
    return t_ * std::fma(rest, inner, t_ * t_);
  }
  // Only rounding can bring the relative derivative near 0.
  static constexpr T kSmallest = static_cast<T>(1e-12);
  CASTALIA_ANYWHERE T bounded() const { return spline_at_least(relative_, T(kSmallest)); }
  CASTALIA_ANYWHERE T by_relative(T by_log) const {
    return relative_ > kSmallest ? by_log / relative_ : T(0);
  }
  // The derivative of relative_ by t.
  CASTALIA_ANYWHERE T relative_t() const {
    const T rest = 1 - t_;
    const T middle = kSteepest - start_ - end_;
    return 2 * std::fma(middle, rest - t_, std::fma(end_, t_, -(start_ * rest)));
  }

  // From the gradient with respect to a derivative relative to the own slope, that with respect to
  // the numbers that inner() made it of.
  CASTALIA_ANYWHERE void pull_back_inner(const Bin& other, T relative, T by_relative, Bin* by_other,
                                         Bin* by_own) const {
    const T by_derivative = by_relative / own_.slope;
    by_own->slope = std::fma(-by_derivative, relative, by_own->slope);
    const T curve = parabola(other);
    const bool smooth = curve < 2 * least_slope(other);
    const T by_curve = (smooth ? by_derivative : T(0)) / (other.width + own_.width);
    const T by_less = smooth ? T(0) : 2 * by_derivative;
    const bool other_less = other.slope < own_.slope;
    by_other->slope = std::fma(by_curve, own_.width, other_less ? by_less : T(0));
    by_own->slope += std::fma(by_curve, other.width, other_less ? T(0) : by_less);
    by_other->width = by_curve * (own_.slope - curve);
    by_own->width = std::fma(by_curve, other.slope - curve, by_own->width);
  }
  CASTALIA_ANYWHERE void pull_back_tail(T relative, T by_relative, Bin* by_own) const {
    if (relative < kSteepest) by_own->slope -= by_relative * relative / own_.slope;
  }
  CASTALIA_ANYWHERE static void through_slope(const Bin& bin, Bin* by) {
    const T share = by->slope / bin.width;
    by->height += share;
    by->width = std::fma(-share, bin.slope, by->width);
  }
  // SplineAxis::pull_back with the sizes of both neighbours.
  CASTALIA_ANYWHERE void pull_back_sizes(const SplineAxis<T>& axis, T by_start, T by_previous,
                                         T by_own, T by_next, T share) const {
    const T previous = first_ ? T(0) : axis.row[index_ - 1];
    const T next = last_ ? T(0) : axis.row[index_ + 1];
    const T scaled = share * axis.inverse_sum;
    const T neighbours = std::fma(by_previous, previous, by_next * next);
    const T own = std::fma(by_start, axis.before, by_own * axis.own);
    const T mean = (neighbours + own) * axis.inverse_sum;
    for (int k = 0; k < bins_; ++k) {
      T by = k < index_ ? by_start - mean : (k == index_ ? by_own - mean : -mean);
      if (k == index_ - 1) by += by_previous;
      if (k == index_ + 1) by += by_next;
      axis.row[k] *= scaled * by;
    }
  }

  int bins_, index_;
  bool first_, last_;  // the bin is the first, the last: it has no such neighbour
  SplineAxis<T> x_, y_;
  T* bounds_;  // raw derivatives there, without tails
  T floor_;
  Bin own_, previous_, next_;
  T start_, end_;  // the derivatives at the bin's knots, relative to its slope
  T t_;            // the place in the bin
  T relative_;     // dy/dx there, relative to the slope
};

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_CUBIC_SPLINE_CUDA_H_
