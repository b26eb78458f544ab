// A rational-linear spline (arXiv:2001.05486) on a device.
#ifndef CASTALIA_CPP_OPS_RATIONAL_LINEAR_SPLINE_CUDA_H_
#define CASTALIA_CPP_OPS_RATIONAL_LINEAR_SPLINE_CUDA_H_

#include <cmath>
#include <cstdint>

#include "cpp/ops/spline_cuda.h"

namespace castalia::cuda {

// Section 3 of the paper, with a weight of 1 at the left knot. Places and levels are relative to
// the bin's width and height. A piece is (wl yl (1 - u) + wr yr u) / (wl (1 - u) + wr u), u the
// place along it, from 0 to 1.
template <typename T, int kBins>
class RationalLinearCurve {
 public:
  using Number = T;
  static int64_t extra(int64_t) { return 0; }

  template <bool>
  CASTALIA_ANYWHERE void read(const SplineNumbers<T>& n, T* row) {
    bins_ = n.template bins_of<kBins>();
    x_.template read<kBins>(n, row);
    y_.template read<kBins>(n, row + bins_);
    derivatives_ = row + 2 * bins_;
    middles_ = derivatives_ + SplineEnds<T>::count(n, bins_);
  }

  template <bool kInverse>
  CASTALIA_ANYWHERE void find(const SplineNumbers<T>& n, T argument) {
    index_ = find_bin<kInverse, kBins>(n, argument, kInverse ? n.height_floor : n.width_floor,
                                       kInverse ? n.height_share : n.width_share, &x_, &y_);
  }

  template <bool kGradient>
  CASTALIA_ANYWHERE void shape(const SplineNumbers<T>& n) {
    // How near to a knot the middle one may come, relative to the width.
    constexpr T kNearest = static_cast<T>(0.025);
    constexpr T kRange = static_cast<T>(1 - 2 * 0.025);
    x_.place_knots(n, index_, bins_, n.width_floor, n.width_share);
    y_.place_knots(n, index_, bins_, n.height_floor, n.height_share);
    ends_.template shape<kGradient>(n, index_, bins_, derivatives_);
    T gain;
    const T share = sigmoid_of_raw(middles_[index_], T(0), &gain);
    middle_gain_ = gain * kRange;
    middle_ = std::fma(share, kRange, kNearest);
    rest_ = 1 - middle_;
    slope_ = y_.size / x_.size;
    const T d0 = ends_.value0, d1 = ends_.value1;
    weight_right_ = std::sqrt(d0 / d1);
    weight_middle_ = std::fma(middle_, d0, rest_ * weight_right_ * d1) / slope_;
    total_inverse_ = 1 / std::fma(middle_, weight_right_, rest_);
    level_ = middle_ * weight_right_ * total_inverse_;
  }

  CASTALIA_ANYWHERE void move_to_x(T x) {
    const T place = spline_at_most((x - x_.start) / x_.size, T(1));
    choose_piece(place <= middle_);
    u_ = within((place - start_) / length_);
    set_denominator();
    share_ = right_ * u_ * inverse_;
  }
  CASTALIA_ANYWHERE void move_to_y(T y) {
    const T level = spline_at_most((y - y_.start) / y_.size, T(1));
    choose_piece(level <= level_);
    share_ = within((level - bottom_) / height_);
    const T part = left_ * share_;
    u_ = part / std::fma(right_, 1 - share_, part);
    set_denominator();
  }

  CASTALIA_ANYWHERE T x() const {
    const T place = std::fma(length_, u_, start_);
    return spline_at_most(std::fma(x_.size, place, x_.start), x_.end);
  }
  CASTALIA_ANYWHERE T y() const {
    const T level = std::fma(height_, share_, bottom_);
    return spline_at_most(std::fma(y_.size, level, y_.start), y_.end);
  }
  CASTALIA_ANYWHERE T log_derivative() const { return std::log(derivative()); }
  CASTALIA_ANYWHERE T derivative() const {
    return left_ * inverse_ * (right_ * inverse_) * (height_ / length_) * slope_;
  }
  CASTALIA_ANYWHERE T log_slope() const { return log_u() / (length_ * x_.size); }

  CASTALIA_ANYWHERE T pull_back(const SplineNumbers<T>& n, T gy, T gl) const {
    const T gh = gy * y_.size;
    const T by_share = gh * height_;
    const T by_bottom = gh, by_height = gh * share_;
    // share = wr u / D and l = log(wl) + log(wr) - 2 log(D) + ...
    const T spread = u_ * (1 - u_) * inverse_ * inverse_;
    const T weights = left_ * inverse_ * (right_ * inverse_);
    const T by_u = std::fma(by_share, weights, gl * log_u());
    const T twice = inverse_ + inverse_;
    const T log_left = std::fma(-twice, 1 - u_, 1 / left_);
    const T log_right = std::fma(-twice, u_, 1 / right_);
    const T by_left = std::fma(gl, log_left, -(by_share * right_ * spread));
    const T by_right = std::fma(gl, log_right, by_share * left_ * spread);
    const T by_place = by_u / length_;
    const T by_x = by_place / x_.size;
    const T place = std::fma(length_, u_, start_);
    // The lower piece is as long as the middle is far; the upper one starts there. The heights of
    // both pieces are level and 1 - level.
    const T by_length = -(by_place * u_);
    T by_middle = lower_ ? by_length : -(by_place + by_length);
    const T by_level = lower_ ? by_height : by_bottom - by_height;
    const T by_weight_middle = lower_ ? by_right : by_left;
    T by_weight_right = lower_ ? T(0) : by_right;

    // level = middle wr / total, height / length = (wr or 1) / total.
    const T total2 = total_inverse_ * total_inverse_;
    by_middle = std::fma(by_level * weight_right_, total2, by_middle);
    by_weight_right = std::fma(by_level * (middle_ * rest_), total2, by_weight_right);
    const T g_total = gl * total_inverse_;
    by_weight_right = std::fma(-g_total, middle_, by_weight_right);
    if (lower_) by_weight_right += gl / weight_right_;
    by_middle = std::fma(-g_total, weight_right_ - 1, by_middle);

    // weight_middle = (middle d0 + rest wr d1) / slope, wr = sqrt(d0 / d1).
    const T d0 = ends_.value0, d1 = ends_.value1;
    const T g_middle = by_weight_middle / slope_;
    by_middle = std::fma(g_middle, std::fma(-weight_right_, d1, d0), by_middle);
    by_weight_right = std::fma(g_middle, rest_ * d1, by_weight_right);
    const T half_root = by_weight_right * weight_right_ * T(0.5);
    const T by_d0 = std::fma(g_middle, middle_, half_root / d0);
    const T by_d1 = std::fma(g_middle, rest_ * weight_right_, -(half_root / d1));
    const T by_slope = -(by_weight_middle * weight_middle_);  // times the slope
    const T level = std::fma(height_, share_, bottom_);
    const T by_size_y = std::fma(gy, level, (gl + by_slope) / y_.size);
    const T by_size_x = -(std::fma(by_place, place, gl + by_slope) / x_.size);

    x_.template pull_back<kBins>(n, index_, -by_x, by_size_x, n.width_share);
    y_.template pull_back<kBins>(n, index_, gy, by_size_y, n.height_share);
    ends_.pull_back(n, index_, bins_, by_d0, by_d1, derivatives_);
    for (int k = 0; k < bins_; ++k) middles_[k] = k == index_ ? by_middle * middle_gain_ : T(0);
    return by_x;
  }

 private:
  CASTALIA_ANYWHERE static T within(T x) { return spline_at_most(spline_at_least(x, T(0)), T(1)); }
  CASTALIA_ANYWHERE void choose_piece(bool lower) {
    lower_ = lower;
    start_ = lower ? T(0) : middle_;
    length_ = lower ? middle_ : rest_;
    bottom_ = lower ? T(0) : level_;
    height_ = lower ? level_ : rest_ * total_inverse_;
    left_ = lower ? T(1) : weight_middle_;
    right_ = lower ? weight_middle_ : weight_right_;
  }
  CASTALIA_ANYWHERE void set_denominator() { inverse_ = 1 / std::fma(left_, 1 - u_, right_ * u_); }
  // The derivative of log(dy/dx) by u.
  CASTALIA_ANYWHERE T log_u() const { return 2 * (left_ - right_) * inverse_; }

  int bins_, index_;
  SplineAxis<T> x_, y_;
  T* derivatives_;
  T* middles_;
  SplineEnds<T> ends_;
  T middle_gain_;
  T middle_, rest_;  // the place of the middle knot, and 1 less that
  T level_;          // its level
  T slope_;
  T weight_middle_, weight_right_;
  T total_inverse_;  // 1 / (rest + middle weight_right)
  // The chosen piece.
  bool lower_;
  T start_, length_, bottom_, height_;
  T left_, right_;  // weights at its ends
  T u_, share_;     // the place along it, and how much of its height is below
  T inverse_;       // 1 / D
};

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_RATIONAL_LINEAR_SPLINE_CUDA_H_
