// A piecewise linear spline (arXiv:1808.03856) on a device.
#ifndef CASTALIA_CPP_OPS_LINEAR_SPLINE_CUDA_H_
#define CASTALIA_CPP_OPS_LINEAR_SPLINE_CUDA_H_

#include <cmath>
#include <cstdint>

#include "cpp/ops/spline_cuda.h"

namespace castalia::cuda {

template <typename T, int kBins>
class LinearCurve {
 public:
  using Number = T;
  static int64_t extra(int64_t) { return 0; }

  template <bool>
  CASTALIA_ANYWHERE void read(const SplineNumbers<T>& n, T* row) {
    bins_ = n.template bins_of<kBins>();
    y_.template read<kBins>(n, row);
  }

  template <bool kInverse>
  CASTALIA_ANYWHERE void find(const SplineNumbers<T>& n, T argument) {
    const T scaled = n.height_share * y_.inverse_sum;
    T sum = 0;
    index_ = 0;
    CASTALIA_UNROLL
    for (int k = 1; k < bins_; ++k) {
      sum += y_.row[k - 1];
      const T at = kInverse ? y_.knot(k, sum, n.height_floor, scaled, n.lower) : knot(n, k);
      if (argument >= at) {
        index_ = k;
        y_.before = sum;
      }
    }
  }

  template <bool kGradient>
  CASTALIA_ANYWHERE void shape(const SplineNumbers<T>& n) {
    y_.place_knots(n, index_, bins_, n.height_floor, n.height_share);
    left_ = knot(n, index_);
    right_ = knot(n, index_ + 1);
    width_ = static_cast<T>(width(n));
  }

  CASTALIA_ANYWHERE void move_to_x(T x) { place_ = spline_at_most((x - left_) / width_, T(1)); }
  CASTALIA_ANYWHERE void move_to_y(T y) { place_ = spline_at_most((y - y_.start) / y_.size, T(1)); }

  CASTALIA_ANYWHERE T x() const { return spline_at_most(std::fma(width_, place_, left_), right_); }
  CASTALIA_ANYWHERE T y() const {
    return spline_at_most(std::fma(y_.size, place_, y_.start), y_.end);
  }
  CASTALIA_ANYWHERE T log_derivative() const { return std::log(derivative()); }
  CASTALIA_ANYWHERE T derivative() const { return y_.size / width_; }
  CASTALIA_ANYWHERE T log_slope() const { return 0; }

  CASTALIA_ANYWHERE T pull_back(const SplineNumbers<T>& n, T gy, T gl) const {
    y_.template pull_back<kBins>(n, index_, gy, std::fma(gy, place_, gl / y_.size), n.height_share);
    return gy * derivative();
  }

 private:
  CASTALIA_ANYWHERE double width(const SplineNumbers<T>& n) const {
    return (static_cast<double>(n.upper) - static_cast<double>(n.lower)) / bins_;
  }
  // In double and rounded once, so that an argument that stands on a knot falls into its bin.
  CASTALIA_ANYWHERE T knot(const SplineNumbers<T>& n, int k) const {
    return k == bins_ ? n.upper : static_cast<T>(static_cast<double>(n.lower) + width(n) * k);
  }

  int bins_, index_;
  SplineAxis<T> y_;
  T left_, right_, width_;
  T place_;
};

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_LINEAR_SPLINE_CUDA_H_
