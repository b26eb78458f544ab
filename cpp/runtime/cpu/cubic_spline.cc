// Monotone cubic splines (arXiv:1906.02145) with Steffen's derivatives at the knots.
#include "cpp/runtime/cpu/dispatch.h"
#include "cpp/runtime/cpu/spline_kinds.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/cubic_spline.cc"
// clang-format off: the order matters, the file is compiled once for each target
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

#include "cpp/runtime/cpu/spline-inl.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// At the steepest a cubic that rises from 0 to 1 may start or end with three times its slope.
inline constexpr double kSteepest = 3;

// One bin's width, height and slope.
template <typename T>
struct CubicBin {
  Vector<T> width, height, slope;
};

// The t in [0, 1] where the cubic from 0 to 1 with the derivatives `start` and `end` is `share`:
// Newton's steps where they stay in the interval that holds the root, else its middle. A lane that
// is done stands still, whatever the others do.
template <typename T>
HWY_INLINE Vector<T> cubic_root(Vector<T> share, Vector<T> start, Vector<T> end) {
  const Tag<T> d;
  using V = Vector<T>;
  constexpr int kMostSteps = 60;
  const V one = constant<T>(1), zero = hn::Zero(d);
  const V smallest = constant<T>(static_cast<double>(std::numeric_limits<T>::epsilon()));
  const V three_less_end = hn::Sub(constant<T>(3), end);
  const V middle2 = hn::Mul(constant<T>(2), hn::Sub(three_less_end, start));
  V low = zero, high = one, t = share;
  auto moving = hn::Eq(t, t);  // not NaN
  for (int step = 0; step < kMostSteps; ++step) {
    const V rest = hn::Sub(one, t);
    const V inner = hn::MulAdd(start, rest, hn::Mul(three_less_end, t));
    const V value = hn::Mul(t, hn::MulAdd(rest, inner, hn::Mul(t, t)));
    const V excess = hn::Sub(value, share);
    const auto below = hn::Lt(excess, zero);
    low = hn::IfThenElse(below, t, low);
    high = hn::IfThenElse(below, high, t);
    const V slope = hn::MulAdd(hn::Mul(start, rest), rest,
                               hn::Mul(t, hn::MulAdd(middle2, rest, hn::Mul(end, t))));
    const V newton = hn::Sub(t, hn::Div(excess, slope));
    const auto fits = hn::And(hn::Gt(newton, low), hn::Lt(newton, high));
    const V next = hn::IfThenElse(fits, newton, hn::Mul(hn::Add(low, high), constant<T>(0.5)));
    moving = hn::And(moving, hn::Ne(excess, zero));
    const V change = hn::Abs(hn::Sub(next, t));
    t = hn::IfThenElse(moving, next, t);
    moving = hn::And(moving, hn::Gt(change, smallest));
    if (hn::AllFalse(d, moving)) break;
  }
  return t;
}

template <typename T>
class Cubic {
 public:
  using V = Vector<T>;

  HWY_INLINE static size_t rows(const SplineNumbers<T>& n) { return n.parameters; }

  template <bool kGradient>
  HWY_INLINE void read(const SplineNumbers<T>& n, T* rows) {
    SplineAxis<T>::read_both(n.bins, rows, heights(n, rows), &x_, &y_);
    raw_first_ = n.linear_tails ? hn::Zero(Tag<T>()) : load_row(rows, 2 * n.bins);
    raw_last_ = n.linear_tails ? raw_first_ : load_row(rows, 2 * n.bins + 1);
  }

  template <bool kInverse>
  HWY_INLINE void find(const SplineNumbers<T>& n, const T* rows, V argument) {
    const T* const widths = rows;
    const T* const heights = rows + n.bins * hn::Lanes(Tag<T>());
    const V scale = kInverse ? y_.scale(n.height_share) : x_.scale(n.width_share);
    V chosen = hn::Zero(Tag<T>());
    typename SplineAxis<T>::Search x(widths), y(heights);
    V x_previous = load_row(widths, 0), x_next = load_row(widths, 1);
    V y_previous = load_row(heights, 0), y_next = load_row(heights, 1);
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
          const size_t next = std::min(k + 1, n.bins - 1);
          x_previous = hn::IfThenElse(reached, load_row(widths, k - 1), x_previous);
          y_previous = hn::IfThenElse(reached, load_row(heights, k - 1), y_previous);
          x_next = hn::IfThenElse(reached, load_row(widths, next), x_next);
          y_next = hn::IfThenElse(reached, load_row(heights, next), y_next);
        });
    index_ = chosen;
    x_.choose(x);
    y_.choose(y);
    x_previous_ = x_previous;
    y_previous_ = y_previous;
    x_next_ = x_next;
    y_next_ = y_next;
  }

  template <bool kGradient>
  HWY_INLINE void shape(const SplineNumbers<T>& n) {
    const Tag<T> d;
    x_.place_knots(n, index_, n.width_floor, n.width_share);
    y_.place_knots(n, index_, n.height_floor, n.height_share);
    own_ = {x_.size, y_.size, hn::Div(y_.size, x_.size)};
    previous_ = bin(n, x_previous_, y_previous_);
    next_ = bin(n, x_next_, y_next_);
    first_ = hn::Eq(index_, hn::Zero(d));
    last_ = hn::Eq(index_, hn::Set(d, static_cast<T>(n.bins - 1)));
    start_ = hn::IfThenElse(first_, edge(n, raw_first_, nullptr), inner(previous_));
    end_ = hn::IfThenElse(last_, edge(n, raw_last_, nullptr), inner(next_));
  }

  HWY_INLINE void move_to_x(V x) {
    move_to(at_most<T>(hn::Div(hn::Sub(x, x_.start), x_.size), constant<T>(1)));
  }
  HWY_INLINE void move_to_y(V y) {
    const V share = at_most<T>(hn::Div(hn::Sub(y, y_.start), y_.size), constant<T>(1));
    move_to(cubic_root<T>(share, start_, end_));
  }

  HWY_INLINE V x() const { return at_most<T>(hn::MulAdd(x_.size, t_, x_.start), x_.end); }
  HWY_INLINE V y() const { return at_most<T>(hn::MulAdd(y_.size, rise(), y_.start), y_.end); }
  HWY_INLINE V log_derivative() const { return log_of_normal(Tag<T>(), derivative()); }
  HWY_INLINE V derivative() const { return hn::Mul(bounded(), own_.slope); }
  HWY_INLINE V log_slope() const { return hn::Div(by_relative(relative_t()), x_.size); }

  HWY_INLINE V pull_back(const SplineNumbers<T>& n, V gy, V gl, T* rows) const {
    const Tag<T> d;
    const V zero = hn::Zero(d);
    const V rest = hn::Sub(constant<T>(1), t_);
    const V both2 = hn::Mul(hn::Mul(t_, rest), constant<T>(2));
    const V g_height = hn::Mul(gy, y_.size);
    const V g_relative = by_relative(gl);
    const V by_t = hn::MulAdd(g_height, relative_, hn::Mul(g_relative, relative_t()));
    const V by_x = hn::Div(by_t, x_.size);
    // By the derivatives at both ends relative to the slope.
    const V t_rest = hn::Mul(t_, rest);
    const V by_start = hn::MulAdd(g_height, hn::Mul(t_rest, rest),
                                  hn::Mul(g_relative, hn::MulSub(rest, rest, both2)));
    const V by_end = hn::NegMulAdd(g_height, hn::Mul(t_rest, t_),
                                   hn::Mul(g_relative, hn::MulSub(t_, t_, both2)));

    Change change{.width = hn::Neg(hn::Div(hn::MulAdd(by_t, t_, gl), x_.size)),
                  .height = hn::MulAdd(gy, rise(), hn::Div(gl, y_.size)),
                  .slope = zero};
    Change before{zero, zero, zero}, behind{zero, zero, zero};
    pull_back_inner(previous_, start_, hn::IfThenZeroElse(first_, by_start), &before, &change);
    pull_back_inner(next_, end_, hn::IfThenZeroElse(last_, by_end), &behind, &change);
    const V at_first = hn::IfThenElseZero(first_, by_start);
    const V at_last = hn::IfThenElseZero(last_, by_end);
    if (n.linear_tails) {
      // 1 / slope, unless that is steeper than allowed.
      pull_back_tail(start_, at_first, &change);
      pull_back_tail(end_, at_last, &change);
    } else {
      V first_gain, last_gain;
      edge(n, raw_first_, &first_gain);
      edge(n, raw_last_, &last_gain);
      store_row(hn::Mul(at_first, first_gain), rows, 2 * n.bins);
      store_row(hn::Mul(at_last, last_gain), rows, 2 * n.bins + 1);
    }
    through_slope(own_, &change);
    through_slope(previous_, &before);
    through_slope(next_, &behind);
    pull_back_sizes(n, x_, x_previous_, x_next_, hn::Neg(by_x), before.width, change.width,
                    behind.width, n.width_share, rows);
    pull_back_sizes(n, y_, y_previous_, y_next_, gy, before.height, change.height, behind.height,
                    n.height_share, heights(n, rows));
    return by_x;
  }

 private:
  // Gradients with respect to a bin's numbers.
  struct Change {
    V width, height, slope;
  };

  HWY_INLINE static T* heights(const SplineNumbers<T>& n, T* rows) {
    return rows + n.bins * hn::Lanes(Tag<T>());
  }
  HWY_INLINE CubicBin<T> bin(const SplineNumbers<T>& n, V x, V y) const {
    const Tag<T> d;
    const V width = hn::MulAdd(x, x_.scale(n.width_share), hn::Set(d, n.width_floor));
    const V height = hn::MulAdd(y, y_.scale(n.height_share), hn::Set(d, n.height_floor));
    return {width, height, hn::Div(height, width)};
  }

  // The derivative of Steffen's parabola through three knots, this bin's and those of a neighbour.
  HWY_INLINE V parabola(const CubicBin<T>& other) const {
    return hn::Div(hn::MulAdd(other.slope, own_.width, hn::Mul(own_.slope, other.width)),
                   hn::Add(other.width, own_.width));
  }
  // The derivative at an inner knot relative to the slope: at most twice that of either bin.
  HWY_INLINE V inner(const CubicBin<T>& other) const {
    const V less = hn::Min(other.slope, own_.slope);
    return hn::Div(hn::Min(hn::Add(less, less), parabola(other)), own_.slope);
  }
  // That at a bound; *gain is its derivative by the raw number.
  HWY_INLINE V edge(const SplineNumbers<T>& n, V raw, V* gain) const {
    const V steepest = constant<T>(kSteepest);
    if (n.linear_tails) return hn::Min(hn::Div(constant<T>(1), own_.slope), steepest);
    const double floor = static_cast<double>(n.min_derivative);
    const V range = constant<T>(kSteepest - floor);
    const T shift = static_cast<T>(std::log((1 - floor) / (kSteepest - 1)));
    const V share = sigmoid_of_raw<T>(raw, shift, gain);
    if (gain != nullptr) *gain = hn::Mul(*gain, range);
    return hn::MulAdd(share, range, hn::Set(Tag<T>(), n.min_derivative));
  }

  HWY_INLINE void move_to(V t) {
    t_ = t;
    const V rest = hn::Sub(constant<T>(1), t);
    const V middle = hn::Sub(hn::Sub(constant<T>(3), start_), end_);
    const V sides = hn::MulAdd(hn::Mul(start_, rest), rest, hn::Mul(hn::Mul(end_, t), t));
    relative_ = hn::MulAdd(hn::Add(middle, middle), hn::Mul(t, rest), sides);
  }
  // (y - bottom) / height, in Bernstein's basis.
  HWY_INLINE V rise() const {
    const V rest = hn::Sub(constant<T>(1), t_);
    const V inner = hn::MulAdd(start_, rest, hn::Mul(hn::Sub(constant<T>(3), end_), t_));
    return hn::Mul(t_, hn::MulAdd(rest, inner, hn::Mul(t_, t_)));
  }
  // Only rounding can bring the relative derivative near 0.
  HWY_INLINE V bounded() const { return at_least<T>(relative_, constant<T>(1e-12)); }
  HWY_INLINE V by_relative(V by_log) const {
    return hn::IfThenElseZero(hn::Gt(relative_, constant<T>(1e-12)), hn::Div(by_log, bounded()));
  }
  // The derivative of relative_ by t.
  HWY_INLINE V relative_t() const {
    const V rest = hn::Sub(constant<T>(1), t_);
    const V middle = hn::Sub(hn::Sub(constant<T>(3), start_), end_);
    const V half =
        hn::MulAdd(middle, hn::Sub(rest, t_), hn::MulSub(end_, t_, hn::Mul(start_, rest)));
    return hn::Add(half, half);
  }

  // From the gradient with respect to a derivative relative to the own slope, that with respect to
  // the numbers that inner() made it of.
  HWY_INLINE void pull_back_inner(const CubicBin<T>& other, V relative, V by_relative,
                                  Change* by_other, Change* by_own) const {
    const V by_derivative = hn::Div(by_relative, own_.slope);
    by_own->slope = hn::NegMulAdd(by_derivative, relative, by_own->slope);
    const V less = hn::Min(other.slope, own_.slope);
    const V curve = parabola(other);
    const auto smooth = hn::Lt(curve, hn::Add(less, less));
    const V inverse = hn::Div(constant<T>(1), hn::Add(other.width, own_.width));
    const V by_curve = hn::Mul(hn::IfThenElseZero(smooth, by_derivative), inverse);
    const V by_less = hn::IfThenZeroElse(smooth, hn::Add(by_derivative, by_derivative));
    const auto other_less = hn::Lt(other.slope, own_.slope);
    by_other->slope = hn::MulAdd(by_curve, own_.width, hn::IfThenElseZero(other_less, by_less));
    by_own->slope = hn::Add(
        by_own->slope, hn::MulAdd(by_curve, other.width, hn::IfThenZeroElse(other_less, by_less)));
    by_other->width = hn::Mul(by_curve, hn::Sub(own_.slope, curve));
    by_own->width = hn::MulAdd(by_curve, hn::Sub(other.slope, curve), by_own->width);
  }
  HWY_INLINE void pull_back_tail(V relative, V by_relative, Change* by_own) const {
    const auto free = hn::Lt(relative, constant<T>(kSteepest));
    const V by_slope = hn::Div(hn::Mul(by_relative, relative), own_.slope);
    by_own->slope = hn::Sub(by_own->slope, hn::IfThenElseZero(free, by_slope));
  }
  HWY_INLINE static void through_slope(const CubicBin<T>& bin, Change* by) {
    const V share = hn::Div(by->slope, bin.width);
    by->height = hn::Add(by->height, share);
    by->width = hn::NegMulAdd(share, bin.slope, by->width);
  }
  // SplineAxis::pull_back with the sizes of both neighbours.
  HWY_INLINE void pull_back_sizes(const SplineNumbers<T>& n, const SplineAxis<T>& axis, V previous,
                                  V next, V by_start, V by_previous, V by_own, V by_next, T share,
                                  T* HWY_RESTRICT rows) const {
    const V scaled = axis.scale(share);
    const V neighbours = hn::MulAdd(by_previous, previous, hn::Mul(by_next, next));
    const V own = hn::MulAdd(by_start, axis.before, hn::Mul(by_own, axis.own));
    const V mean = hn::Mul(hn::Add(neighbours, own), axis.inverse_sum);
    const V before = hn::Sub(by_start, mean), behind = hn::Neg(mean);
    const V one = constant<T>(1);
    const V index_previous = hn::Sub(index_, one), index_next = hn::Add(index_, one);
    for_each_index<T>(n.bins, [&](size_t k, V here) {
      V by = hn::IfThenElse(hn::Lt(here, index_), before, behind);
      by = hn::IfThenElse(hn::Eq(here, index_), hn::Sub(by_own, mean), by);
      by = hn::Add(by, hn::IfThenElseZero(hn::Eq(here, index_previous), by_previous));
      by = hn::Add(by, hn::IfThenElseZero(hn::Eq(here, index_next), by_next));
      store_row(hn::Mul(hn::Mul(load_row(rows, k), scaled), by), rows, k);
    });
  }

  SplineAxis<T> x_, y_;
  V raw_first_, raw_last_;
  V x_previous_, x_next_, y_previous_, y_next_;  // exponentials of the neighbours
  V index_;
  Mask<T> first_, last_;  // the bin is the first, the last: it has no such neighbour
  CubicBin<T> own_, previous_, next_;
  V start_, end_;  // the derivatives at the bin's knots, relative to its slope
  V t_;            // the place in the bin
  V relative_;     // dy/dx there, relative to the slope
};

CASTALIA_SPLINE_CODE(Cubic, cubic_spline)

}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {

CASTALIA_SPLINE_DISPATCH(cubic_spline)

}  // namespace castalia::cpu
#endif  // HWY_ONCE
