// A piecewise quadratic spline (arXiv:1808.03856) on a device.
#ifndef CASTALIA_CPP_OPS_QUADRATIC_SPLINE_CUDA_H_
#define CASTALIA_CPP_OPS_QUADRATIC_SPLINE_CUDA_H_

#include <cmath>
#include <cstdint>

#include "cpp/ops/spline_cuda.h"

namespace castalia::cuda {

// Densities at the knots are (1 - floor) r / E + floor, r the positive numbers from the parameters
// and E their integral over the interval of length 1: of lines between the knots. With linear tails
// both outer densities are 1, that is r = E there.
template <typename T, int kBins>
class QuadraticCurve {
 public:
  using Number = T;
  // For a gradient: the derivatives of r by its parameter, behind the parameters.
  static int64_t extra(int64_t bins) { return bins + 1; }

  template <bool kGradient>
  CASTALIA_ANYWHERE void read(const SplineNumbers<T>& n, T* row) {
    bins_ = n.template bins_of<kBins>();
    count_ = SplineEnds<T>::count(n, bins_);
    skipped_ = n.linear_tails ? 1 : 0;
    x_.template read<kBins>(n, row);
    scaled_ = n.width_share * x_.inverse_sum;
    densities_ = row + bins_;
    gains_ = densities_ + count_;
    // Twice the integral over [lower, upper] of what is known.
    T total = 0;
    for (int j = 0; j < count_; ++j) {
      T gain;
      const T r = softplus_of_raw<kGradient>(densities_[j], n.shift, &gain) + n.min_derivative;
      densities_[j] = r;
      if constexpr (kGradient) gains_[j] = gain;
      total = std::fma(r, widths_around(n, j), total);
    }
    integral_ = total / free_width(n);
    const T factor = (1 - n.min_derivative) / integral_;
    for (int j = 0; j < count_; ++j) {
      densities_[j] = std::fma(densities_[j], factor, n.min_derivative);
    }
  }

  template <bool kInverse>
  CASTALIA_ANYWHERE void find(const SplineNumbers<T>& n, T argument) {
    T sum = 0, bottom = n.lower;
    index_ = 0;
    bottom_ = bottom;
    T left = density(n, 0);
    for (int k = 1; k < bins_; ++k) {
      sum += x_.row[k - 1];
      const T right = density(n, k);
      bottom += area(width(n, k - 1), left, right);
      left = right;
      const T at = kInverse ? bottom : x_.knot(k, sum, n.width_floor, scaled_, n.lower);
      if (argument >= at) {
        index_ = k;
        x_.before = sum;
        bottom_ = bottom;
      }
    }
  }

  template <bool kGradient>
  CASTALIA_ANYWHERE void shape(const SplineNumbers<T>& n) {
    left_ = density(n, index_);
    right_ = density(n, index_ + 1);
    x_.place_knots(n, index_, bins_, n.width_floor, n.width_share);
    height_ = area(x_.size, left_, right_);
    top_ = index_ + 1 == bins_ ? n.upper : spline_at_most(bottom_ + height_, n.upper);
  }

  CASTALIA_ANYWHERE void move_to_x(T x) {
    place_ = spline_at_most((x - x_.start) / x_.size, T(1));
    // A mean of the two densities: of one sign, whatever the rise.
    density_ = std::fma(left_, 1 - place_, right_ * place_);
  }
  // With g = (y - bottom) / height the squared density is linear in g, so the quadratic equation is
  // solved without cancellation.
  CASTALIA_ANYWHERE void move_to_y(T y) {
    const T g = spline_at_most((y - bottom_) / height_, T(1));
    density_ = std::sqrt(std::fma(left_ * left_, 1 - g, right_ * right_ * g));
    place_ = spline_at_most((left_ + right_) * g / (left_ + density_), T(1));
  }

  CASTALIA_ANYWHERE T x() const {
    return spline_at_most(std::fma(x_.size, place_, x_.start), x_.end);
  }
  CASTALIA_ANYWHERE T y() const {
    const T half = place_ * T(0.5);
    const T mean = std::fma(left_, 1 - half, right_ * half);
    return spline_at_most(std::fma(x_.size * place_, mean, bottom_), top_);
  }
  CASTALIA_ANYWHERE T log_derivative() const { return std::log(density_); }
  CASTALIA_ANYWHERE T derivative() const { return density_; }
  CASTALIA_ANYWHERE T log_slope() const { return (right_ - left_) / (x_.size * density_); }

  CASTALIA_ANYWHERE T pull_back(const SplineNumbers<T>& n, T gy, T gl) const {
    const T rise = right_ - left_;
    const T way = x_.size * place_, half_place = place_ * T(0.5);
    const T gd = gl / density_;
    const T tilt = gd * rise / x_.size;  // by the way, through the logarithm
    const T by_x = std::fma(gy, density_, tilt);
    const T by_own = -std::fma(gy * rise * half_place, place_, tilt * place_);
    const T half_gy = gy * T(0.5);
    const T by_left = std::fma(gy * way, 1 - half_place, gd * (1 - place_));
    const T by_right = std::fma(gy * way, half_place, gd * place_);

    // By the density at knot k: it bounds the bins before and behind it, which add to the bottom
    // where they stand before the chosen one.
    const auto by_density = [&](int k) {
      T widths = 0;
      if (k > 0 && k <= index_) widths = width(n, k - 1);
      if (k < index_) widths += width(n, k);
      const T direct = k == index_ ? by_left : (k == index_ + 1 ? by_right : T(0));
      return std::fma(half_gy, widths, direct);
    };
    const T floor = n.min_derivative;
    T by_integral = 0;  // times -integral
    for (int j = 0; j < count_; ++j) {
      by_integral = std::fma(by_density(j + skipped_), densities_[j] - floor, by_integral);
    }
    const T share = -(by_integral / (integral_ * free_width(n)));  // of 2 r width
    const T factor = (1 - floor) / integral_;
    const T factor_inverse = integral_ / (1 - floor);
    for (int j = 0; j < count_; ++j) {
      gains_[j] *= std::fma(factor, by_density(j + skipped_), share * widths_around(n, j));
    }

    // By the width of bin k, through the bottom or its own piece, and through the integral.
    const auto by_width = [&](int k) {
      const T densities = density(n, k) + density(n, k + 1);
      // The sum of both r: at the bounds, with linear tails, the integral.
      const T r = (densities - (floor + floor)) * factor_inverse;
      const T direct = k < index_    ? std::fma(half_gy, densities, -by_x)
                       : k == index_ ? by_own
                                     : T(0);
      return std::fma(share, r, direct);
    };
    T mean = 0;
    for (int k = 0; k < bins_; ++k) mean = std::fma(x_.row[k], by_width(k), mean);
    mean *= x_.inverse_sum;
    for (int k = 0; k < bins_; ++k) x_.row[k] *= scaled_ * (by_width(k) - mean);
    for (int j = 0; j < count_; ++j) densities_[j] = gains_[j];
    return by_x;
  }

 private:
  CASTALIA_ANYWHERE T density(const SplineNumbers<T>& n, int knot) const {
    if (n.linear_tails && (knot == 0 || knot == bins_)) return 1;
    return densities_[knot - skipped_];
  }
  CASTALIA_ANYWHERE T width(const SplineNumbers<T>& n, int k) const {
    return std::fma(x_.row[k], scaled_, n.width_floor);
  }
  // Of the bins on both sides of the knot with parameter j.
  CASTALIA_ANYWHERE T widths_around(const SplineNumbers<T>& n, int j) const {
    const int k = j + skipped_;
    return (k > 0 ? width(n, k - 1) : T(0)) + (k < bins_ ? width(n, k) : T(0));
  }
  // Twice the width of the interval, less what the outer densities take, which are the integral.
  CASTALIA_ANYWHERE T free_width(const SplineNumbers<T>& n) const {
    const T twice = (n.upper - n.lower) * 2;
    return n.linear_tails ? twice - (width(n, 0) + width(n, bins_ - 1)) : twice;
  }
  CASTALIA_ANYWHERE static T area(T width, T left, T right) {
    return width * T(0.5) * (left + right);
  }

  int bins_, index_;
  int count_, skipped_;  // densities with a parameter; 1 if the first knot has none
  SplineAxis<T> x_;
  T scaled_;
  T* densities_;
  T* gains_;
  T integral_;
  T bottom_, height_, top_;
  T left_, right_;  // densities at the bin's knots
  T place_, density_;
};

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_QUADRATIC_SPLINE_CUDA_H_
