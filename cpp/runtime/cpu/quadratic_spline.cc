// Monotone quadratic splines (arXiv:1808.03856): the derivative is a line in each bin.
#include "cpp/runtime/cpu/dispatch.h"
#include "cpp/runtime/cpu/spline_kinds.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/quadratic_spline.cc"
// clang-format off: the order matters, the file is compiled once for each target
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

#include "cpp/runtime/cpu/spline-inl.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Densities at the knots are (1 - floor) r / E + floor, r the positive numbers from the parameters
// and E their integral over the interval of length 1: of lines between the knots. With linear tails
// both outer densities are 1, that is r = E there. Rows: exponentials of the widths, densities (all
// that have a parameter), and for the gradient the derivatives of r by its parameter.
template <typename T>
class Quadratic {
 public:
  using V = Vector<T>;

  HWY_INLINE static size_t rows(const SplineNumbers<T>& n) {
    return n.parameters + SplineEnds<T>::count(n);
  }

  template <bool kGradient>
  HWY_INLINE void read(const SplineNumbers<T>& n, T* rows) {
    const Tag<T> d;
    x_.read(n.bins, rows);
    T* const r = densities(n, rows);
    const size_t count = SplineEnds<T>::count(n);
    const V floor = hn::Set(d, n.min_derivative);
    for (size_t j = 0; j < count; ++j) {
      V gain;
      const V positive = softplus_of_raw<T>(load_row(r, j), n.shift, kGradient ? &gain : nullptr);
      store_row(hn::Add(positive, floor), r, j);
      if constexpr (kGradient) store_row(gain, gains(n, rows), j);
    }
    // Twice the integral over [lower, upper] of what is known.
    V total = hn::Zero(d);
    for (size_t j = 0; j < count; ++j) {
      total = hn::MulAdd(load_row(r, j), widths_around(n, rows, j), total);
    }
    integral_ = hn::Div(total, free_width(n, rows));
    const V factor = hn::Div(hn::Set(d, T(1) - n.min_derivative), integral_);
    for (size_t j = 0; j < count; ++j) store_row(hn::MulAdd(load_row(r, j), factor, floor), r, j);
  }

  template <bool kInverse>
  HWY_INLINE void find(const SplineNumbers<T>& n, const T* rows, V argument) {
    const Tag<T> d;
    const V scale = x_.scale(n.width_share);
    V index_found = hn::Zero(d);
    typename SplineAxis<T>::Search x(rows);
    V bottom = hn::Set(d, n.lower), bottom_found = bottom;
    V left = density(n, rows, 0), right = density(n, rows, 1);
    V left_found = left, right_found = right;
    search_bins<T>(
        n.bins, argument,
        [&](size_t k, V index) {
          x.pass(rows, k);
          bottom = hn::Add(bottom, area(width(n, rows, k - 1), left, right));
          left = right;
          right = density(n, rows, k + 1);
          return kInverse ? bottom : x_.knot(index, x.sum, n.width_floor, scale, n.lower);
        },
        [&](size_t k, V index, Mask<T> reached) {
          index_found = hn::IfThenElse(reached, index, index_found);
          x.take(reached, rows, k);
          bottom_found = hn::IfThenElse(reached, bottom, bottom_found);
          left_found = hn::IfThenElse(reached, left, left_found);
          right_found = hn::IfThenElse(reached, right, right_found);
        });
    index_ = index_found;
    x_.choose(x);
    bottom_ = bottom_found;
    left_ = left_found;
    right_ = right_found;
  }

  template <bool kGradient>
  HWY_INLINE void shape(const SplineNumbers<T>& n) {
    const Tag<T> d;
    x_.place_knots(n, index_, n.width_floor, n.width_share);
    height_ = area(x_.size, left_, right_);
    const V upper = hn::Set(d, n.upper);
    const auto last = hn::Eq(index_, hn::Set(d, static_cast<T>(n.bins - 1)));
    top_ = hn::IfThenElse(last, upper, at_most<T>(hn::Add(bottom_, height_), upper));
  }

  HWY_INLINE void move_to_x(V x) {
    const V one = constant<T>(1);
    place_ = at_most<T>(hn::Div(hn::Sub(x, x_.start), x_.size), one);
    // A mean of the two densities: of one sign, whatever the rise.
    density_ = hn::MulAdd(left_, hn::Sub(one, place_), hn::Mul(right_, place_));
  }

  // With g = (y - bottom) / height the squared density is linear in g, so the quadratic equation is
  // solved without cancellation.
  HWY_INLINE void move_to_y(V y) {
    const V one = constant<T>(1);
    const V g = at_most<T>(hn::Div(hn::Sub(y, bottom_), height_), one);
    density_ = hn::Sqrt(
        hn::MulAdd(hn::Mul(left_, left_), hn::Sub(one, g), hn::Mul(hn::Mul(right_, right_), g)));
    const V both = hn::Add(left_, right_);
    place_ = at_most<T>(hn::Div(hn::Mul(both, g), hn::Add(left_, density_)), one);
  }

  HWY_INLINE V x() const { return at_most<T>(hn::MulAdd(x_.size, place_, x_.start), x_.end); }
  HWY_INLINE V y() const {
    const V half = hn::Mul(place_, constant<T>(0.5));
    const V mean = hn::MulAdd(left_, hn::Sub(constant<T>(1), half), hn::Mul(right_, half));
    return at_most<T>(hn::MulAdd(hn::Mul(x_.size, place_), mean, bottom_), top_);
  }
  HWY_INLINE V log_derivative() const { return log_of_normal(Tag<T>(), density_); }
  HWY_INLINE V derivative() const { return density_; }
  HWY_INLINE V log_slope() const {
    return hn::Div(hn::Sub(right_, left_), hn::Mul(x_.size, density_));
  }

  HWY_INLINE V pull_back(const SplineNumbers<T>& n, V gy, V gl, T* rows) const {
    const Tag<T> d;
    const V half = constant<T>(0.5), one = constant<T>(1);
    const V rise = hn::Sub(right_, left_);
    const V way = hn::Mul(x_.size, place_), half_place = hn::Mul(place_, half);
    const V gd = hn::Div(gl, density_);
    const V tilt = hn::Div(hn::Mul(gd, rise), x_.size);  // by the way, through the logarithm
    const V by_x = hn::MulAdd(gy, density_, tilt);
    const V by_own =
        hn::Neg(hn::MulAdd(hn::Mul(hn::Mul(gy, rise), half_place), place_, hn::Mul(tilt, place_)));
    const V half_gy = hn::Mul(gy, half);
    const V by_left =
        hn::MulAdd(hn::Mul(gy, way), hn::Sub(one, half_place), hn::Mul(gd, hn::Sub(one, place_)));
    const V by_right = hn::MulAdd(hn::Mul(gy, way), half_place, hn::Mul(gd, place_));

    // By the density at knot j: it bounds the bins before and behind it, which add to the bottom
    // where they stand before the chosen one.
    const size_t count = SplineEnds<T>::count(n), skipped = SplineEnds<T>::missing(n);
    const auto by_density = [&](size_t j, V knot) {
      const size_t k = j + skipped;
      V widths = hn::Zero(d);
      if (k > 0) widths = hn::IfThenElseZero(hn::Le(knot, index_), width(n, rows, k - 1));
      if (k < n.bins) {
        widths = hn::Add(widths, hn::IfThenElseZero(hn::Lt(knot, index_), width(n, rows, k)));
      }
      const V own = hn::IfThenElseZero(hn::Eq(knot, index_), by_left);
      const V previous = hn::IfThenElseZero(hn::Eq(knot, hn::Add(index_, one)), by_right);
      return hn::MulAdd(half_gy, widths, hn::Add(own, previous));
    };
    const V floor = hn::Set(d, n.min_derivative);
    V by_integral = hn::Zero(d);  // times -integral
    for_each_index<T>(count, [&](size_t j, V index) {
      const V knot = hn::Add(index, hn::Set(d, static_cast<T>(skipped)));
      by_integral = hn::MulAdd(by_density(j, knot), hn::Sub(load_row(densities(n, rows), j), floor),
                               by_integral);
    });
    const V share =
        hn::Neg(hn::Div(by_integral, hn::Mul(integral_, free_width(n, rows))));  // of 2 r width
    const V factor = hn::Div(hn::Set(d, T(1) - n.min_derivative), integral_);
    const V factor_inverse = hn::Div(integral_, hn::Set(d, T(1) - n.min_derivative));
    T* const gain = gains(n, rows);
    for_each_index<T>(count, [&](size_t j, V index) {
      const V knot = hn::Add(index, hn::Set(d, static_cast<T>(skipped)));
      const V by_r =
          hn::MulAdd(factor, by_density(j, knot), hn::Mul(share, widths_around(n, rows, j)));
      store_row(hn::Mul(by_r, load_row(gain, j)), gain, j);
    });

    // By the width of bin k, through the bottom or its own piece, and through the integral.
    const auto by_width = [&](size_t k, V here) {
      const V densities = hn::Add(density(n, rows, k), density(n, rows, k + 1));
      const V before = hn::MulSub(half_gy, densities, by_x);
      // The sum of both r: at the bounds, with linear tails, the integral.
      const V r = hn::Mul(hn::Sub(densities, hn::Add(floor, floor)), factor_inverse);
      const V direct = hn::IfThenElse(hn::Lt(here, index_), before,
                                      hn::IfThenElseZero(hn::Eq(here, index_), by_own));
      return hn::MulAdd(share, r, direct);
    };
    V mean = hn::Zero(d);
    for_each_index<T>(n.bins, [&](size_t k, V here) {
      mean = hn::MulAdd(load_row(rows, k), by_width(k, here), mean);
    });
    mean = hn::Mul(mean, x_.inverse_sum);
    const V scaled = x_.scale(n.width_share);
    for_each_index<T>(n.bins, [&](size_t k, V here) {
      const V change = hn::Sub(by_width(k, here), mean);
      store_row(hn::Mul(hn::Mul(load_row(rows, k), scaled), change), rows, k);
    });
    for (size_t j = 0; j < count; ++j) store_row(load_row(gain, j), densities(n, rows), j);
    return by_x;
  }

 private:
  HWY_INLINE static T* densities(const SplineNumbers<T>& n, T* rows) {
    return rows + n.bins * hn::Lanes(Tag<T>());
  }
  HWY_INLINE static T* gains(const SplineNumbers<T>& n, T* rows) {
    return rows + n.parameters * hn::Lanes(Tag<T>());
  }
  HWY_INLINE static V density(const SplineNumbers<T>& n, const T* rows, size_t knot) {
    const size_t skipped = SplineEnds<T>::missing(n);
    if (n.linear_tails && (knot == 0 || knot == n.bins)) return constant<T>(1);
    return load_row(rows, n.bins + knot - skipped);
  }
  HWY_INLINE V width(const SplineNumbers<T>& n, const T* rows, size_t k) const {
    return hn::MulAdd(load_row(rows, k), x_.scale(n.width_share), hn::Set(Tag<T>(), n.width_floor));
  }
  // Of the bins on both sides of the knot with parameter j.
  HWY_INLINE V widths_around(const SplineNumbers<T>& n, const T* rows, size_t j) const {
    const size_t k = j + SplineEnds<T>::missing(n);
    if (k == 0) return width(n, rows, 0);
    if (k == n.bins) return width(n, rows, n.bins - 1);
    return hn::Add(width(n, rows, k - 1), width(n, rows, k));
  }
  // Twice the width of the interval, less what the outer densities take, which are the integral.
  HWY_INLINE V free_width(const SplineNumbers<T>& n, const T* rows) const {
    const V twice = hn::Set(Tag<T>(), (n.upper - n.lower) * T(2));
    if (!n.linear_tails) return twice;
    return hn::Sub(twice, hn::Add(width(n, rows, 0), width(n, rows, n.bins - 1)));
  }
  HWY_INLINE static V area(V width, V left, V right) {
    return hn::Mul(hn::Mul(width, constant<T>(0.5)), hn::Add(left, right));
  }

  SplineAxis<T> x_;
  V integral_;
  V index_;
  V bottom_, height_, top_;
  V left_, right_;  // densities at the bin's knots
  V place_, density_;
};

CASTALIA_SPLINE_CODE(Quadratic, quadratic_spline)

}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {

CASTALIA_SPLINE_DISPATCH(quadratic_spline)

}  // namespace castalia::cpu
#endif  // HWY_ONCE
