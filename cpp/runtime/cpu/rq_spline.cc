// Monotone rational-quadratic splines (arXiv:1906.04032).
#include "cpp/runtime/cpu/dispatch.h"
#include "cpp/runtime/cpu/spline_kinds.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/rq_spline.cc"
// clang-format off: the order matters, the file is compiled once for each target
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

#include "cpp/runtime/cpu/spline-inl.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The names of the formulas: t is the place in the bin, s the slope of its chord, d0 and d1 are the
// derivatives at its ends; (y - bottom) / height = A / D, dy/dx = s^2 q / D^2. Every sum has terms
// of one sign.
template <typename T>
class RationalQuadratic {
 public:
  using V = Vector<T>;

  HWY_INLINE static size_t rows(const SplineNumbers<T>& n) { return n.parameters; }

  template <bool kGradient>
  HWY_INLINE void read(const SplineNumbers<T>& n, T* rows) {
    SplineAxis<T>::read_both(n.bins, rows, heights(n, rows), &x_, &y_);
  }

  template <bool kInverse>
  HWY_INLINE void find(const SplineNumbers<T>& n, const T* rows, V argument) {
    const T* const widths = rows;
    const T* const heights = rows + n.bins * hn::Lanes(Tag<T>());
    const T* const derivatives = heights + n.bins * hn::Lanes(Tag<T>());
    const V scale = kInverse ? y_.scale(n.height_share) : x_.scale(n.width_share);
    V chosen = hn::Zero(Tag<T>());
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
        });
    index_ = chosen;
    x_.choose(x);
    y_.choose(y);
    ends_.choose(ends);
  }

  template <bool kGradient>
  HWY_INLINE void shape(const SplineNumbers<T>& n) {
    x_.place_knots(n, index_, n.width_floor, n.width_share);
    y_.place_knots(n, index_, n.height_floor, n.height_share);
    ends_.template shape<kGradient>(n, index_);
    s_ = hn::Div(y_.size, x_.size);
  }

  HWY_INLINE void move_to_x(V x) {
    move_to(at_most<T>(hn::Div(hn::Sub(x, x_.start), x_.size), constant<T>(1)));
  }

  // The root in [0, 1] of a quadratic equation. With g = (y - bottom) / height and
  // e = d0 (1 - g) - d1 g, its middle coefficient is b = e + 2 s g and its discriminant
  // e^2 + 4 s^2 g (1 - g), a sum of squares. The root is taken in the form that adds numbers of one
  // sign.
  HWY_INLINE void move_to_y(V y) {
    const Tag<T> d;
    const V one = hn::Set(d, T(1));
    const V g = at_most<T>(hn::Div(hn::Sub(y, y_.start), y_.size), one);
    const V rest = hn::Sub(one, g);
    const V s2 = hn::Add(s_, s_);
    const V sg2 = hn::Mul(s2, g);
    const V e = hn::NegMulAdd(ends_.value1, g, hn::Mul(ends_.value0, rest));
    const V square = hn::MulAdd(e, e, hn::Mul(hn::Mul(sg2, s2), rest));
    const V b = hn::Add(e, sg2);
    const V sum = hn::Add(hn::Abs(b), hn::Sqrt(square));
    const auto descending = hn::Lt(b, hn::Zero(d));
    // 2 s g / (b + root), or (|b| + root) / (2 (s + |b|)).
    const V twice = hn::Sub(s_, b);
    const V numerator = hn::IfThenElse(descending, sum, sg2);
    const V denominator = hn::IfThenElse(descending, hn::Add(twice, twice), sum);
    move_to(at_most<T>(hn::Div(numerator, denominator), one));
  }

  HWY_INLINE V x() const { return at_most<T>(hn::MulAdd(x_.size, t_, x_.start), x_.end); }
  HWY_INLINE V y() const {
    return at_most<T>(hn::MulAdd(y_.size, hn::Mul(a_, d_inverse_), y_.start), y_.end);
  }
  HWY_INLINE V log_derivative() const {
    const V ratio = hn::Mul(s_, d_inverse_);
    return log_of_normal(Tag<T>(), hn::Mul(hn::Mul(ratio, ratio), q_));
  }
  HWY_INLINE V derivative() const {
    const V ratio = hn::Mul(s_, d_inverse_);
    return hn::Mul(hn::Mul(ratio, ratio), q_);
  }
  HWY_INLINE V log_slope() const { return hn::Div(l_t(), x_.size); }

  HWY_INLINE V pull_back(const SplineNumbers<T>& n, V gy, V gl, T* rows) const {
    const V one = constant<T>(1);
    const V d0 = ends_.value0, d1 = ends_.value1;
    const V width_inverse = hn::Div(one, x_.size);
    const V q_inverse = hn::Div(one, q_);
    const V r = d_inverse_;
    const V t2 = hn::Mul(t_, t_), rest2 = hn::Mul(rest_, rest_);
    const V g = hn::Mul(a_, r);

    // Derivatives of g and of l = log(dy/dx) with respect to t, s, d0 and d1.
    const V both_r2 = hn::Mul(hn::Mul(both_, r), r);
    const V g_t = hn::Mul(hn::Mul(s_, q_), hn::Mul(r, r));
    const V g_s = hn::Mul(both_r2, hn::NegMulAdd(d0, rest2, hn::Mul(d1, t2)));
    const V g_d0 = hn::Mul(both_r2, hn::MulAdd(s_, rest2, hn::Mul(d1, both_)));
    const V g_d1 = hn::Neg(hn::Mul(both_r2, a_));
    const V slope_inverse = hn::Div(x_.size, y_.size);
    const V half_l_s =
        hn::NegMulAdd(hn::Add(t2, rest2), r, hn::MulAdd(both_, q_inverse, slope_inverse));
    const V l_s = hn::Add(half_l_s, half_l_s);
    const V common = hn::Mul(hn::Add(both_, both_), r);
    const V l_d0 = hn::MulSub(rest2, q_inverse, common);
    const V l_d1 = hn::MulSub(t2, q_inverse, common);

    const V gg = hn::Mul(gy, y_.size);
    const V by_t = hn::MulAdd(gg, g_t, hn::Mul(gl, l_t()));
    const V by_s = hn::MulAdd(gg, g_s, hn::Mul(gl, l_s));
    ends_.pull_back(n, index_, hn::MulAdd(gg, g_d0, hn::Mul(gl, l_d0)),
                    hn::MulAdd(gg, g_d1, hn::Mul(gl, l_d1)),
                    rows + 2 * n.bins * hn::Lanes(Tag<T>()));
    const V by_x = hn::Mul(by_t, width_inverse);
    const V by_width = hn::Neg(hn::Mul(hn::MulAdd(by_t, t_, hn::Mul(by_s, s_)), width_inverse));
    const V by_height = hn::MulAdd(gy, g, hn::Mul(by_s, width_inverse));
    x_.pull_back(index_, hn::Neg(by_x), by_width, n.width_share, n.bins, rows);
    y_.pull_back(index_, gy, by_height, n.height_share, n.bins, heights(n, rows));
    return by_x;
  }

 private:
  HWY_INLINE static T* heights(const SplineNumbers<T>& n, T* rows) {
    return rows + n.bins * hn::Lanes(Tag<T>());
  }

  HWY_INLINE void move_to(V t) {
    const V d0 = ends_.value0, d1 = ends_.value1;
    t_ = t;
    rest_ = hn::Sub(constant<T>(1), t);
    both_ = hn::Mul(t, rest_);
    const V t2 = hn::Mul(t, t), rest2 = hn::Mul(rest_, rest_);
    a_ = hn::MulAdd(s_, t2, hn::Mul(d0, both_));
    // 1 - 2 t (1 - t) = t^2 + (1 - t)^2
    const V denominator = hn::MulAdd(s_, hn::Add(t2, rest2), hn::Mul(hn::Add(d0, d1), both_));
    d_inverse_ = hn::Div(constant<T>(1), denominator);
    q_ = hn::MulAdd(d1, t2, hn::MulAdd(hn::Add(s_, s_), both_, hn::Mul(d0, rest2)));
  }

  // The derivative of log(dy/dx) by t.
  HWY_INLINE V l_t() const {
    const V d0 = ends_.value0, d1 = ends_.value1;
    const V tilt = hn::Sub(rest_, t_);
    const V half_q_t = hn::MulAdd(d1, t_, hn::MulSub(s_, tilt, hn::Mul(d0, rest_)));
    const V d_t = hn::Mul(hn::Sub(hn::Add(d0, d1), hn::Add(s_, s_)), tilt);
    const V half = hn::NegMulAdd(d_t, d_inverse_, hn::Div(half_q_t, q_));
    return hn::Add(half, half);
  }

  SplineAxis<T> x_, y_;
  SplineEnds<T> ends_;
  V index_;
  V s_;
  V t_, rest_, both_;  // t, 1 - t and t (1 - t)
  V a_, d_inverse_, q_;
};

CASTALIA_SPLINE_CODE(RationalQuadratic, rational_quadratic_spline)

}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {

CASTALIA_SPLINE_DISPATCH(rational_quadratic_spline)

}  // namespace castalia::cpu
#endif  // HWY_ONCE
