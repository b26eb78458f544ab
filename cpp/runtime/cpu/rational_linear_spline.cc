// Monotone rational-linear splines (arXiv:2001.05486): two pieces in each bin.
#include "cpp/runtime/cpu/dispatch.h"
#include "cpp/runtime/cpu/spline_kinds.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/rational_linear_spline.cc"
// clang-format off: the order matters, the file is compiled once for each target
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

#include "cpp/runtime/cpu/spline-inl.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// How near to a knot the middle one may come, relative to the width.
inline constexpr double kNearest = 0.025;

// Section 3 of the paper, with a weight of 1 at the left knot. Places and levels are relative to
// the bin's width and height. A piece is (wl yl (1 - u) + wr yr u) / (wl (1 - u) + wr u), u the
// place along it, from 0 to 1.
template <typename T>
class RationalLinear {
 public:
  using V = Vector<T>;

  HWY_INLINE static size_t rows(const SplineNumbers<T>& n) { return n.parameters; }

  template <bool kGradient>
  HWY_INLINE void read(const SplineNumbers<T>& n, T* rows) {
    SplineAxis<T>::read_both(n.bins, rows, heights(n, rows), &x_, &y_);
  }

  template <bool kInverse>
  HWY_INLINE void find(const SplineNumbers<T>& n, const T* rows, V argument) {
    const size_t lanes = hn::Lanes(Tag<T>());
    const T* const widths = rows;
    const T* const heights = rows + n.bins * lanes;
    const T* const derivatives = heights + n.bins * lanes;
    const T* const middles = rows + (n.parameters - n.bins) * lanes;
    const V scale = kInverse ? y_.scale(n.height_share) : x_.scale(n.width_share);
    V chosen = hn::Zero(Tag<T>());
    V raw_middle = load_row(middles, 0);
    typename SplineAxis<T>::Search x(widths), y(heights);
    typename SplineEnds<T>::Search ends(n, derivatives);
    search_bins<T>(
        n.bins, argument,
        [&](size_t k, V index) {
          x.pass(widths, k);
          y.pass(heights, k);
          return kInverse ? y_.knot(index, y.sum, n.height_floor, scale, n.lower)
                          : x_.knot(index, x.sum, n.width_floor, scale, n.lower);
        },
        [&](size_t k, V index, Mask<T> reached) {
          chosen = hn::IfThenElse(reached, index, chosen);
          x.take(reached, widths, k);
          y.take(reached, heights, k);
          ends.take(reached, n, derivatives, k);
          raw_middle = hn::IfThenElse(reached, load_row(middles, k), raw_middle);
        });
    index_ = chosen;
    raw_middle_ = raw_middle;
    x_.choose(x);
    y_.choose(y);
    ends_.choose(ends);
  }

  template <bool kGradient>
  HWY_INLINE void shape(const SplineNumbers<T>& n) {
    x_.place_knots(n, index_, n.width_floor, n.width_share);
    y_.place_knots(n, index_, n.height_floor, n.height_share);
    ends_.template shape<kGradient>(n, index_);
    const V range = constant<T>(1 - 2 * kNearest);
    const V share = sigmoid_of_raw<T>(raw_middle_, T(0), kGradient ? &middle_gain_ : nullptr);
    if constexpr (kGradient) middle_gain_ = hn::Mul(middle_gain_, range);
    middle_ = hn::MulAdd(share, range, constant<T>(kNearest));
    rest_ = hn::Sub(constant<T>(1), middle_);
    slope_ = hn::Div(y_.size, x_.size);
    const V d0 = ends_.value0, d1 = ends_.value1;
    weight_right_ = hn::Sqrt(hn::Div(d0, d1));
    const V mean = hn::MulAdd(middle_, d0, hn::Mul(hn::Mul(rest_, weight_right_), d1));
    weight_middle_ = hn::Div(mean, slope_);
    total_inverse_ = hn::Div(constant<T>(1), hn::MulAdd(middle_, weight_right_, rest_));
    level_ = hn::Mul(hn::Mul(middle_, weight_right_), total_inverse_);
  }

  HWY_INLINE void move_to_x(V x) {
    const V one = constant<T>(1);
    const V place = at_most<T>(hn::Div(hn::Sub(x, x_.start), x_.size), one);
    choose_piece(hn::Le(place, middle_));
    u_ = within(hn::Div(hn::Sub(place, start_), length_));
    set_denominator();
    share_ = hn::Mul(hn::Mul(right_, u_), inverse_);
  }
  HWY_INLINE void move_to_y(V y) {
    const V one = constant<T>(1);
    const V level = at_most<T>(hn::Div(hn::Sub(y, y_.start), y_.size), one);
    choose_piece(hn::Le(level, level_));
    share_ = within(hn::Div(hn::Sub(level, bottom_), height_));
    const V part = hn::Mul(left_, share_);
    u_ = hn::Div(part, hn::MulAdd(right_, hn::Sub(one, share_), part));
    set_denominator();
  }

  HWY_INLINE V x() const {
    const V place = hn::MulAdd(length_, u_, start_);
    return at_most<T>(hn::MulAdd(x_.size, place, x_.start), x_.end);
  }
  HWY_INLINE V y() const {
    const V level = hn::MulAdd(height_, share_, bottom_);
    return at_most<T>(hn::MulAdd(y_.size, level, y_.start), y_.end);
  }
  HWY_INLINE V log_derivative() const { return log_of_normal(Tag<T>(), derivative()); }
  HWY_INLINE V derivative() const {
    const V weights = hn::Mul(hn::Mul(left_, inverse_), hn::Mul(right_, inverse_));
    return hn::Mul(hn::Mul(weights, hn::Div(height_, length_)), slope_);
  }
  HWY_INLINE V log_slope() const { return hn::Div(log_u(), hn::Mul(length_, x_.size)); }

  HWY_INLINE V pull_back(const SplineNumbers<T>& n, V gy, V gl, T* rows) const {
    const V one = constant<T>(1);
    const V lower = lower_one_;  // 1 on the lower piece, else 0
    const V upper = hn::Sub(one, lower);
    const V gh = hn::Mul(gy, y_.size);
    const V by_share = hn::Mul(gh, height_);
    const V by_bottom = gh, by_height = hn::Mul(gh, share_);
    // share = wr u / D and l = log(wl) + log(wr) - 2 log(D) + ...
    const V spread = hn::Mul(hn::Mul(hn::Mul(u_, hn::Sub(one, u_)), inverse_), inverse_);
    const V weights = hn::Mul(hn::Mul(left_, inverse_), hn::Mul(right_, inverse_));
    const V by_u = hn::MulAdd(by_share, weights, hn::Mul(gl, log_u()));
    const V twice = hn::Add(inverse_, inverse_);
    const V log_left = hn::NegMulAdd(twice, hn::Sub(one, u_), hn::Div(one, left_));
    const V log_right = hn::NegMulAdd(twice, u_, hn::Div(one, right_));
    const V by_left = hn::MulSub(gl, log_left, hn::Mul(hn::Mul(by_share, right_), spread));
    const V by_right = hn::MulAdd(gl, log_right, hn::Mul(hn::Mul(by_share, left_), spread));
    const V by_place = hn::Div(by_u, length_);
    const V by_x = hn::Div(by_place, x_.size);
    const V place = hn::MulAdd(length_, u_, start_);
    // The lower piece is as long as the middle is far; the upper one starts there.
    const V by_length = hn::Neg(hn::Mul(by_place, u_));
    V by_middle = hn::Mul(lower, by_length);
    by_middle = hn::NegMulAdd(upper, hn::Add(by_place, by_length), by_middle);
    // The heights of both pieces are level and 1 - level.
    const V by_level = hn::MulAdd(lower, by_height, hn::Mul(upper, hn::Sub(by_bottom, by_height)));
    const V by_weight_middle = hn::MulAdd(lower, by_right, hn::Mul(upper, by_left));
    V by_weight_right = hn::Mul(upper, by_right);

    // level = middle wr / total, height / length = (wr or 1) / total.
    const V total2 = hn::Mul(total_inverse_, total_inverse_);
    by_middle = hn::MulAdd(hn::Mul(by_level, weight_right_), total2, by_middle);
    by_weight_right =
        hn::MulAdd(hn::Mul(by_level, hn::Mul(middle_, rest_)), total2, by_weight_right);
    const V g_total = hn::Mul(gl, total_inverse_);
    by_weight_right = hn::NegMulAdd(g_total, middle_, by_weight_right);
    by_weight_right = hn::MulAdd(hn::Mul(lower, gl), hn::Div(one, weight_right_), by_weight_right);
    by_middle = hn::NegMulAdd(g_total, hn::Sub(weight_right_, one), by_middle);

    // weight_middle = (middle d0 + rest wr d1) / slope, wr = sqrt(d0 / d1).
    const V d0 = ends_.value0, d1 = ends_.value1;
    const V g_middle = hn::Div(by_weight_middle, slope_);
    by_middle = hn::MulAdd(g_middle, hn::NegMulAdd(weight_right_, d1, d0), by_middle);
    by_weight_right = hn::MulAdd(g_middle, hn::Mul(rest_, d1), by_weight_right);
    const V half_root = hn::Mul(by_weight_right, hn::Mul(weight_right_, constant<T>(0.5)));
    const V by_d0 = hn::MulAdd(g_middle, middle_, hn::Div(half_root, d0));
    const V by_d1 = hn::MulSub(g_middle, hn::Mul(rest_, weight_right_), hn::Div(half_root, d1));
    const V by_slope = hn::Neg(hn::Mul(by_weight_middle, weight_middle_));  // times the slope
    const V level = hn::MulAdd(height_, share_, bottom_);
    const V by_size_y = hn::MulAdd(gy, level, hn::Div(hn::Add(gl, by_slope), y_.size));
    const V by_size_x =
        hn::Neg(hn::Div(hn::MulAdd(by_place, place, hn::Add(gl, by_slope)), x_.size));

    const size_t lanes = hn::Lanes(Tag<T>());
    x_.pull_back(index_, hn::Neg(by_x), by_size_x, n.width_share, n.bins, rows);
    y_.pull_back(index_, gy, by_size_y, n.height_share, n.bins, heights(n, rows));
    ends_.pull_back(n, index_, by_d0, by_d1, rows + 2 * n.bins * lanes);
    const V by_raw = hn::Mul(by_middle, middle_gain_);
    for_each_index<T>(n.bins, [&](size_t k, V here) {
      store_row(hn::IfThenElseZero(hn::Eq(here, index_), by_raw), rows, n.parameters - n.bins + k);
    });
    return by_x;
  }

 private:
  HWY_INLINE static T* heights(const SplineNumbers<T>& n, T* rows) {
    return rows + n.bins * hn::Lanes(Tag<T>());
  }
  HWY_INLINE static V within(V x) {
    return at_most<T>(at_least<T>(x, constant<T>(0)), constant<T>(1));
  }

  HWY_INLINE void choose_piece(Mask<T> lower) {
    const V one = constant<T>(1), zero = constant<T>(0);
    lower_one_ = hn::IfThenElseZero(lower, one);
    start_ = hn::IfThenElse(lower, zero, middle_);
    length_ = hn::IfThenElse(lower, middle_, rest_);
    bottom_ = hn::IfThenElse(lower, zero, level_);
    height_ = hn::IfThenElse(lower, level_, hn::Mul(rest_, total_inverse_));
    left_ = hn::IfThenElse(lower, one, weight_middle_);
    right_ = hn::IfThenElse(lower, weight_middle_, weight_right_);
  }
  HWY_INLINE void set_denominator() {
    const V rest = hn::Sub(constant<T>(1), u_);
    inverse_ = hn::Div(constant<T>(1), hn::MulAdd(left_, rest, hn::Mul(right_, u_)));
  }
  // The derivative of log(dy/dx) by u.
  HWY_INLINE V log_u() const {
    return hn::Mul(hn::Mul(hn::Sub(left_, right_), inverse_), constant<T>(2));
  }

  SplineAxis<T> x_, y_;
  SplineEnds<T> ends_;
  V index_;
  V raw_middle_, middle_gain_;
  V middle_, rest_;  // the place of the middle knot, and 1 less that
  V level_;          // its level
  V slope_;
  V weight_middle_, weight_right_;
  V total_inverse_;  // 1 / (rest + middle weight_right)
  // The chosen piece.
  V lower_one_;
  V start_, length_, bottom_, height_;
  V left_, right_;  // weights at its ends
  V u_, share_;     // the place along it, and how much of its height is below
  V inverse_;       // 1 / D
};

CASTALIA_SPLINE_CODE(RationalLinear, rational_linear_spline)

}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {

CASTALIA_SPLINE_DISPATCH(rational_linear_spline)

}  // namespace castalia::cpu
#endif  // HWY_ONCE
