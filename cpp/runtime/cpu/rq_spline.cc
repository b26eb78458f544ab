#include "cpp/runtime/cpu/rq_spline.h"

#include <algorithm>
#include <cmath>

#include "cpp/base/status.h"
#include "cpp/runtime/cpu/dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "cpp/runtime/cpu/rq_spline.cc"
// clang-format off: the order matters, the file is compiled once for each target
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
// clang-format on

#include "cpp/runtime/cpu/math.h"

// One lane computes one spline. The parameters of a vector's worth of splines are transposed into
// `rows`: row p holds parameter p of each.
HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <typename T>
using Tag = hn::ScalableTag<T>;
template <typename T>
using Vector = hn::Vec<Tag<T>>;
template <typename T>
constexpr size_t max_rows_size() {
  return (3 * RqSpline::kMaxBins + 1) * hn::MaxLanes(Tag<T>());
}

template <typename T>
HWY_INLINE void transpose_in(const T* HWY_RESTRICT params, size_t parameters, size_t used,
                             T* HWY_RESTRICT rows) {
  const size_t lanes = hn::Lanes(Tag<T>());
  for (size_t lane = 0; lane < used; ++lane) {
    for (size_t p = 0; p < parameters; ++p) rows[p * lanes + lane] = params[lane * parameters + p];
  }
  for (size_t lane = used; lane < lanes; ++lane) {
    for (size_t p = 0; p < parameters; ++p) rows[p * lanes + lane] = T(0);
  }
}

template <typename T>
HWY_INLINE void transpose_out(const T* HWY_RESTRICT rows, size_t parameters, size_t used,
                              T* HWY_RESTRICT params) {
  const size_t lanes = hn::Lanes(Tag<T>());
  for (size_t lane = 0; lane < used; ++lane) {
    for (size_t p = 0; p < parameters; ++p) params[lane * parameters + p] = rows[p * lanes + lane];
  }
}

// Lanes beyond `used` are zero.
template <typename T>
HWY_INLINE Vector<T> load_some(const T* from, size_t used) {
  const Tag<T> d;
  if (HWY_LIKELY(used == hn::Lanes(d))) return hn::LoadU(d, from);
  HWY_ALIGN T lanes[hn::MaxLanes(d)] = {};
  std::copy_n(from, used, lanes);
  return hn::Load(d, lanes);
}

template <typename T>
HWY_INLINE void store_some(Vector<T> vector, T* to, size_t used) {
  const Tag<T> d;
  if (HWY_LIKELY(used == hn::Lanes(d))) return hn::StoreU(vector, d, to);
  HWY_ALIGN T lanes[hn::MaxLanes(d)];
  hn::Store(vector, d, lanes);
  std::copy_n(lanes, used, to);
}

// The settings as numbers of type T.
template <typename T>
struct Numbers {
  explicit Numbers(const RqSpline& spline)
      : bins(static_cast<size_t>(spline.settings().bins)),
        linear_tails(spline.settings().linear_tails),
        lower(static_cast<T>(spline.settings().lower)),
        upper(static_cast<T>(spline.settings().upper)),
        min_derivative(static_cast<T>(spline.settings().min_derivative)),
        shift(static_cast<T>(spline.derivative_shift())) {
    const RqSplineSettings& s = spline.settings();
    const double range = s.upper - s.lower;
    width_floor = static_cast<T>(range * s.min_width);
    height_floor = static_cast<T>(range * s.min_height);
    width_scale = static_cast<T>(range * (1 - s.bins * s.min_width));
    height_scale = static_cast<T>(range * (1 - s.bins * s.min_height));
  }
  size_t bins;
  bool linear_tails;
  T lower, upper, min_derivative, shift;
  T width_floor, height_floor;  // the smallest width and height
  T width_scale, height_scale;  // what softmax shares out
};

// One axis of the chosen bin. With s = scale / (sum of the exponentials), a knot stands at
// lower + index * floor + s * (sum of the exponentials before it).
template <typename T>
struct Side {
  Vector<T> before;  // sum of the exponentials before the bin
  Vector<T> own;     // the bin's exponential
  Vector<T> inverse_sum;
  Vector<T> start, end;  // the knots
  Vector<T> size;        // from the exponential itself, not a difference of knots
};

template <typename T>
struct Bin {
  Side<T> x, y;
  Vector<T> index;
  Vector<T> derivative0, derivative1;  // at its left and right knot
  Vector<T> gain0, gain1;              // their derivatives with respect to the raw ones
};

// Replaces raw numbers by exponentials relative to the largest; returns 1 / sum.
template <typename T>
HWY_INLINE Vector<T> exponentials(T* HWY_RESTRICT rows, size_t bins) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  Vector<T> largest = hn::Load(d, rows);
  for (size_t k = 1; k < bins; ++k) largest = hn::Max(largest, hn::Load(d, rows + k * lanes));
  Vector<T> sum = hn::Zero(d);
  for (size_t k = 0; k < bins; ++k) {
    const Vector<T> e = exp_of_negative(d, hn::Sub(hn::Load(d, rows + k * lanes), largest));
    hn::Store(e, d, rows + k * lanes);
    sum = hn::Add(sum, e);
  }
  return hn::Div(hn::Set(d, T(1)), sum);
}

template <typename T>
HWY_INLINE Vector<T> knot(Vector<T> index, Vector<T> before, Vector<T> scale, T floor, T lower) {
  const Tag<T> d;
  return hn::MulAdd(before, scale, hn::MulAdd(index, hn::Set(d, floor), hn::Set(d, lower)));
}

template <typename T>
HWY_INLINE void place_knots(const Numbers<T>& n, Vector<T> index, T floor, T share, Side<T>* side) {
  const Tag<T> d;
  const Vector<T> one = hn::Set(d, T(1)), upper = hn::Set(d, n.upper);
  const Vector<T> scale = hn::Mul(hn::Set(d, share), side->inverse_sum);
  side->start = knot(index, side->before, scale, floor, n.lower);
  const Vector<T> next = hn::Add(index, one);
  const Vector<T> end = knot(next, hn::Add(side->before, side->own), scale, floor, n.lower);
  const auto last = hn::Eq(next, hn::Set(d, static_cast<T>(n.bins)));
  side->end = hn::IfThenElse(hn::Or(last, hn::Gt(end, upper)), upper, end);
  side->size = hn::MulAdd(side->own, scale, hn::Set(d, floor));
}

// The derivative at a knot from its raw number; 1 where `fixed`.
template <typename T>
HWY_INLINE Vector<T> knot_derivative(const Numbers<T>& n, Vector<T> raw, hn::Mask<Tag<T>> fixed,
                                     Vector<T>* gain) {
  const Tag<T> d;
  const Vector<T> one = hn::Set(d, T(1)), zero = hn::Zero(d);
  const Vector<T> limit = hn::Set(d, static_cast<T>(RqSpline::kLargestRawDerivative));
  const auto clipped = hn::Gt(hn::Abs(raw), limit);
  const Vector<T> z =
      hn::Add(hn::IfThenElse(clipped, hn::CopySign(limit, raw), raw), hn::Set(d, n.shift));
  const auto negative = hn::Lt(z, zero);
  const Vector<T> e = exp_of_negative(d, hn::Neg(hn::Abs(z)));
  const Vector<T> softplus = hn::Add(hn::IfThenElse(negative, zero, z), log1p_of_finite(d, e));
  if (gain != nullptr) {
    const Vector<T> sigmoid = hn::Div(hn::IfThenElse(negative, e, one), hn::Add(one, e));
    *gain = hn::IfThenElse(hn::Or(fixed, clipped), zero, sigmoid);
  }
  return hn::IfThenElse(fixed, one, hn::Add(softplus, hn::Set(d, n.min_derivative)));
}

// Finds the bin of `argument` (within the interval) along x, or along y for the inverse. Every bin
// is compared with; those reached overwrite the choice so far.
template <bool kInverse, bool kGradient, typename T>
HWY_INLINE Bin<T> find_bin(const Numbers<T>& n, Vector<T> argument, T* HWY_RESTRICT rows) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  T* const widths = rows;
  T* const heights = rows + n.bins * lanes;
  const T* const raw = rows + 2 * n.bins * lanes;
  const Vector<T> zero = hn::Zero(d);
  Bin<T> bin;
  bin.x.inverse_sum = exponentials(widths, n.bins);
  bin.y.inverse_sum = exponentials(heights, n.bins);
  const Vector<T> scale = kInverse ? hn::Mul(hn::Set(d, n.height_scale), bin.y.inverse_sum)
                                   : hn::Mul(hn::Set(d, n.width_scale), bin.x.inverse_sum);
  const T floor = kInverse ? n.height_floor : n.width_floor;

  bin.index = bin.x.before = bin.y.before = zero;
  bin.x.own = hn::Load(d, widths);
  bin.y.own = hn::Load(d, heights);
  // With linear tails the raw derivatives start at the first inner knot.
  const size_t missing = n.linear_tails ? 1 : 0;
  Vector<T> raw0 = n.linear_tails ? zero : hn::Load(d, raw);
  Vector<T> raw1 = hn::Load(d, raw + (1 - missing) * lanes);
  Vector<T> x_sum = zero, y_sum = zero;
  for (size_t k = 1; k < n.bins; ++k) {
    x_sum = hn::Add(x_sum, hn::Load(d, widths + (k - 1) * lanes));
    y_sum = hn::Add(y_sum, hn::Load(d, heights + (k - 1) * lanes));
    const Vector<T> index = hn::Set(d, static_cast<T>(k));
    const Vector<T> start = knot(index, kInverse ? y_sum : x_sum, scale, floor, n.lower);
    const auto reached = hn::Ge(argument, start);
    bin.index = hn::IfThenElse(reached, index, bin.index);
    bin.x.before = hn::IfThenElse(reached, x_sum, bin.x.before);
    bin.y.before = hn::IfThenElse(reached, y_sum, bin.y.before);
    bin.x.own = hn::IfThenElse(reached, hn::Load(d, widths + k * lanes), bin.x.own);
    bin.y.own = hn::IfThenElse(reached, hn::Load(d, heights + k * lanes), bin.y.own);
    raw0 = hn::IfThenElse(reached, hn::Load(d, raw + (k - missing) * lanes), raw0);
    // Behind the last inner knot stands none; the fixed derivative overrides what is taken here.
    const size_t right = std::min(k + 1 - missing, n.bins - 2 * missing);
    raw1 = hn::IfThenElse(reached, hn::Load(d, raw + right * lanes), raw1);
  }
  place_knots(n, bin.index, n.width_floor, n.width_scale, &bin.x);
  place_knots(n, bin.index, n.height_floor, n.height_scale, &bin.y);
  const auto all = hn::Eq(zero, hn::Set(d, n.linear_tails ? T(0) : T(1)));
  const auto first = hn::And(all, hn::Eq(bin.index, zero));
  const auto last = hn::And(all, hn::Eq(bin.index, hn::Set(d, static_cast<T>(n.bins - 1))));
  bin.derivative0 = knot_derivative(n, raw0, first, kGradient ? &bin.gain0 : nullptr);
  bin.derivative1 = knot_derivative(n, raw1, last, kGradient ? &bin.gain1 : nullptr);
  return bin;
}

// The rational-quadratic piece at a place in [0, 1] of its bin. Every sum has terms of one sign.
template <typename T>
struct Piece {
  Vector<T> place, rest;          // t and 1 - t
  Vector<T> both;                 // t (1 - t)
  Vector<T> slope;                // height / width
  Vector<T> rise;                 // A: (y - bottom) / height = A / D
  Vector<T> denominator_inverse;  // 1 / D
  Vector<T> q;                    // dy/dx = slope^2 q / D^2
};

template <typename T>
HWY_INLINE Piece<T> piece_at(const Bin<T>& bin, Vector<T> place) {
  const Tag<T> d;
  const Vector<T> one = hn::Set(d, T(1));
  Piece<T> p;
  p.place = place;
  p.rest = hn::Sub(one, place);
  p.both = hn::Mul(place, p.rest);
  p.slope = hn::Div(bin.y.size, bin.x.size);
  const Vector<T> place2 = hn::Mul(place, place);
  const Vector<T> rest2 = hn::Mul(p.rest, p.rest);
  p.rise = hn::MulAdd(p.slope, place2, hn::Mul(bin.derivative0, p.both));
  // 1 - 2 t (1 - t) = t^2 + (1 - t)^2
  const Vector<T> denominator = hn::MulAdd(
      p.slope, hn::Add(place2, rest2), hn::Mul(hn::Add(bin.derivative0, bin.derivative1), p.both));
  p.denominator_inverse = hn::Div(one, denominator);
  p.q = hn::MulAdd(bin.derivative1, place2,
                   hn::MulAdd(hn::Add(p.slope, p.slope), p.both, hn::Mul(bin.derivative0, rest2)));
  return p;
}

template <typename T>
HWY_INLINE Vector<T> log_derivative(const Piece<T>& p) {
  const Vector<T> ratio = hn::Mul(p.slope, p.denominator_inverse);
  return log_of_normal(Tag<T>(), hn::Mul(hn::Mul(ratio, ratio), p.q));
}

template <typename T>
HWY_INLINE Vector<T> at_most(Vector<T> x, Vector<T> bound) {
  return hn::IfThenElse(hn::Gt(x, bound), bound, x);  // keeps NaN
}

template <typename T>
HWY_INLINE Vector<T> place_of_x(const Bin<T>& bin, Vector<T> x) {
  const Tag<T> d;
  return at_most<T>(hn::Div(hn::Sub(x, bin.x.start), bin.x.size), hn::Set(d, T(1)));
}

// The place whose piece has the given y: the root in [0, 1] of a quadratic equation. With
// g = (y - bottom) / height and e = d0 (1 - g) - d1 g, its middle coefficient is b = e + 2 s g and
// its discriminant e^2 + 4 s^2 g (1 - g), a sum of squares. For either sign of b one form of the
// root adds numbers of one sign.
template <typename T>
HWY_INLINE Vector<T> place_of_y(const Bin<T>& bin, Vector<T> y) {
  const Tag<T> d;
  const Vector<T> one = hn::Set(d, T(1)), zero = hn::Zero(d);
  const Vector<T> g = at_most<T>(hn::Div(hn::Sub(y, bin.y.start), bin.y.size), one);
  const Vector<T> rest = hn::Sub(one, g);
  const Vector<T> s = hn::Div(bin.y.size, bin.x.size);
  const Vector<T> sg2 = hn::Mul(hn::Add(s, s), g);
  const Vector<T> e = hn::NegMulAdd(bin.derivative1, g, hn::Mul(bin.derivative0, rest));
  const Vector<T> square = hn::MulAdd(e, e, hn::Mul(hn::Mul(sg2, hn::Add(s, s)), rest));
  const Vector<T> b = hn::Add(e, sg2);
  const Vector<T> sum = hn::Add(hn::Abs(b), hn::Sqrt(square));
  const auto descending = hn::Lt(b, zero);
  // 2 s g / (b + root), or (|b| + root) / (2 (s + |b|)).
  const Vector<T> twice = hn::Sub(s, b);
  const Vector<T> numerator = hn::IfThenElse(descending, sum, sg2);
  const Vector<T> denominator = hn::IfThenElse(descending, hn::Add(twice, twice), sum);
  return at_most<T>(hn::Div(numerator, denominator), one);
}

template <typename T>
HWY_INLINE Vector<T> clip(const Numbers<T>& n, Vector<T> x) {
  const Tag<T> d;
  const Vector<T> lower = hn::Set(d, n.lower), upper = hn::Set(d, n.upper);
  return hn::IfThenElse(hn::Gt(x, upper), upper, hn::IfThenElse(hn::Lt(x, lower), lower, x));
}

template <typename T>
HWY_INLINE hn::Mask<Tag<T>> is_outside(const Numbers<T>& n, Vector<T> x) {
  const Tag<T> d;
  return hn::Or(hn::Lt(x, hn::Set(d, n.lower)), hn::Gt(x, hn::Set(d, n.upper)));
}

template <bool kInverse, typename T>
void evaluate(const RqSpline& spline, const T* arguments, const T* params, T* results,
              T* log_abs_det, size_t count) {
  const Tag<T> d;
  const Numbers<T> n(spline);
  const size_t lanes = hn::Lanes(d), parameters = spline.parameters();
  HWY_ALIGN T rows[max_rows_size<T>()];
  for (size_t i = 0; i < count; i += lanes) {
    const size_t used = std::min(lanes, count - i);
    transpose_in(params + i * parameters, parameters, used, rows);
    const Vector<T> raw_argument = load_some(arguments + i, used);
    const Vector<T> argument = clip(n, raw_argument);
    const Bin<T> bin = find_bin<kInverse, false>(n, argument, rows);
    const Piece<T> piece =
        piece_at(bin, kInverse ? place_of_y(bin, argument) : place_of_x(bin, argument));
    Vector<T> log_det = log_derivative(piece);
    Vector<T> result;
    if constexpr (kInverse) {
      result = at_most<T>(hn::MulAdd(bin.x.size, piece.place, bin.x.start), bin.x.end);
      log_det = hn::Neg(log_det);
    } else {
      const Vector<T> g = hn::Mul(piece.rise, piece.denominator_inverse);
      result = at_most<T>(hn::MulAdd(bin.y.size, g, bin.y.start), bin.y.end);
    }
    const Vector<T> upper = hn::Set(d, n.upper);
    result = hn::IfThenElse(hn::Ge(argument, upper), upper, result);
    if (n.linear_tails) {
      const auto outside = is_outside(n, raw_argument);
      result = hn::IfThenElse(outside, raw_argument, result);
      log_det = hn::IfThenElse(outside, hn::Zero(d), log_det);
    }
    // The logarithm of a NaN's bits would be some number.
    log_det = hn::IfThenElse(hn::IsNaN(result), result, log_det);
    store_some(result, results + i, used);
    store_some(log_det, log_abs_det + i, used);
  }
}

// Gradients with respect to the raw numbers of one axis, from those with respect to the bin's start
// and size: through the sum of the fractions before the bin, its own fraction, and softmax.
template <typename T>
HWY_INLINE void softmax_gradient(const Side<T>& side, Vector<T> index, Vector<T> start,
                                 Vector<T> size, T share, size_t bins, T* HWY_RESTRICT rows) {
  const Tag<T> d;
  const size_t lanes = hn::Lanes(d);
  const Vector<T> scale = hn::Mul(hn::Set(d, share), side.inverse_sum);
  // What every fraction subtracts: the mean of the gradients over the fractions.
  const Vector<T> mean =
      hn::Mul(hn::MulAdd(start, side.before, hn::Mul(size, side.own)), side.inverse_sum);
  const Vector<T> before = hn::Mul(hn::Sub(start, mean), scale);
  const Vector<T> own = hn::Mul(hn::Sub(size, mean), scale);
  const Vector<T> behind = hn::Neg(hn::Mul(mean, scale));
  for (size_t k = 0; k < bins; ++k) {
    const Vector<T> here = hn::Set(d, static_cast<T>(k));
    const Vector<T> factor = hn::IfThenElse(hn::Lt(here, index), before,
                                            hn::IfThenElse(hn::Eq(here, index), own, behind));
    T* const row = rows + k * lanes;
    hn::Store(hn::Mul(hn::Load(d, row), factor), d, row);
  }
}

template <bool kInverse, typename T>
void differentiate(const RqSpline& spline, const T* arguments, const T* params,
                   const T* gradient_results, const T* gradient_log_abs_det, T* gradient_arguments,
                   T* gradient_params, size_t count) {
  const Tag<T> d;
  const Numbers<T> n(spline);
  const size_t lanes = hn::Lanes(d), parameters = spline.parameters();
  const Vector<T> one = hn::Set(d, T(1)), two = hn::Set(d, T(2)), zero = hn::Zero(d);
  HWY_ALIGN T rows[max_rows_size<T>()];
  for (size_t i = 0; i < count; i += lanes) {
    const size_t used = std::min(lanes, count - i);
    transpose_in(params + i * parameters, parameters, used, rows);
    const Vector<T> raw_argument = load_some(arguments + i, used);
    const Vector<T> raw_result_gradient = load_some(gradient_results + i, used);
    const Vector<T> argument = clip(n, raw_argument);
    const auto outside = is_outside(n, raw_argument);
    // Outside, the result does not depend on the parameters; with linear tails nor does
    // log_abs_det.
    Vector<T> gr = hn::IfThenElse(outside, zero, raw_result_gradient);
    Vector<T> gl = load_some(gradient_log_abs_det + i, used);
    if (n.linear_tails) gl = hn::IfThenElse(outside, zero, gl);

    const Bin<T> bin = find_bin<kInverse, true>(n, argument, rows);
    const Piece<T> p =
        piece_at(bin, kInverse ? place_of_y(bin, argument) : place_of_x(bin, argument));
    const Vector<T> width_inverse = hn::Div(one, bin.x.size);
    const Vector<T> q_inverse = hn::Div(one, p.q);
    const Vector<T> r = p.denominator_inverse;
    const Vector<T> r2 = hn::Mul(r, r);
    const Vector<T> d0 = bin.derivative0, d1 = bin.derivative1, s = p.slope;
    const Vector<T> place2 = hn::Mul(p.place, p.place), rest2 = hn::Mul(p.rest, p.rest);
    const Vector<T> both2 = hn::Add(p.both, p.both);
    const Vector<T> squares = hn::Add(place2, rest2);
    const Vector<T> g = hn::Mul(p.rise, r);

    // Derivatives of g = (y - bottom) / height and of l = log(dy/dx) with respect to the place t,
    // the slope s and the derivatives at the knots.
    const Vector<T> g_t = hn::Mul(hn::Mul(s, p.q), r2);
    const Vector<T> g_s =
        hn::Mul(hn::Mul(p.both, r2), hn::NegMulAdd(d0, rest2, hn::Mul(d1, place2)));
    const Vector<T> g_d0 = hn::Mul(hn::Mul(p.both, r2), hn::MulAdd(s, rest2, hn::Mul(d1, p.both)));
    const Vector<T> g_d1 = hn::Neg(hn::Mul(hn::Mul(p.both, r2), p.rise));
    const Vector<T> tilt = hn::Sub(p.rest, p.place);
    const Vector<T> q_t2 = hn::MulAdd(
        d1, p.place, hn::MulAdd(s, tilt, hn::Neg(hn::Mul(d0, p.rest))));  // half of dq/dt
    const Vector<T> d_t = hn::Mul(hn::Sub(hn::Add(d0, d1), hn::Add(s, s)), tilt);
    const Vector<T> l_t = hn::Mul(two, hn::NegMulAdd(d_t, r, hn::Mul(q_t2, q_inverse)));
    const Vector<T> slope_inverse = hn::Div(bin.x.size, bin.y.size);
    const Vector<T> l_s =
        hn::Mul(two, hn::NegMulAdd(squares, r, hn::MulAdd(p.both, q_inverse, slope_inverse)));
    const Vector<T> common = hn::Mul(both2, r);
    const Vector<T> l_d0 = hn::NegMulAdd(common, one, hn::Mul(rest2, q_inverse));
    const Vector<T> l_d1 = hn::NegMulAdd(common, one, hn::Mul(place2, q_inverse));

    Vector<T> argument_gradient;
    if constexpr (kInverse) {
      // y(x, params) is held: dx = (dy - dy/dparams dparams) / (dy/dx), and log_abs_det = -l.
      const Vector<T> x_gradient = hn::NegMulAdd(hn::Mul(gl, l_t), width_inverse, gr);
      argument_gradient = hn::Div(hn::Mul(x_gradient, bin.x.size), hn::Mul(bin.y.size, g_t));
      argument_gradient = hn::IfThenElse(outside, zero, argument_gradient);
      gr = hn::Neg(argument_gradient);
      gl = hn::Neg(gl);
    }
    const Vector<T> gg = hn::Mul(gr, bin.y.size);
    const Vector<T> by_t = hn::MulAdd(gg, g_t, hn::Mul(gl, l_t));
    const Vector<T> by_s = hn::MulAdd(gg, g_s, hn::Mul(gl, l_s));
    const Vector<T> by_d0 = hn::Mul(hn::MulAdd(gg, g_d0, hn::Mul(gl, l_d0)), bin.gain0);
    const Vector<T> by_d1 = hn::Mul(hn::MulAdd(gg, g_d1, hn::Mul(gl, l_d1)), bin.gain1);
    const Vector<T> by_x = hn::Mul(by_t, width_inverse);
    const Vector<T> by_height = hn::MulAdd(gr, g, hn::Mul(by_s, width_inverse));
    const Vector<T> by_width =
        hn::Neg(hn::MulAdd(by_t, p.place, hn::Mul(by_s, s)));  // times the width
    softmax_gradient(bin.x, bin.index, hn::Neg(by_x), hn::Mul(by_width, width_inverse),
                     n.width_scale, n.bins, rows);
    softmax_gradient(bin.y, bin.index, gr, by_height, n.height_scale, n.bins,
                     rows + n.bins * lanes);
    // Derivative row k belongs to knot k, or k + 1 with linear tails.
    const Vector<T> first = n.linear_tails ? hn::Sub(bin.index, one) : bin.index;
    const Vector<T> second = hn::Add(first, one);
    for (size_t k = 0; k < parameters - 2 * n.bins; ++k) {
      const Vector<T> here = hn::Set(d, static_cast<T>(k));
      hn::Store(hn::IfThenElse(hn::Eq(here, first), by_d0,
                               hn::IfThenElseZero(hn::Eq(here, second), by_d1)),
                d, rows + (2 * n.bins + k) * lanes);
    }
    if constexpr (!kInverse) {
      argument_gradient = hn::IfThenElse(outside, zero, by_x);
    }
    if (n.linear_tails) {
      argument_gradient = hn::IfThenElse(outside, raw_result_gradient, argument_gradient);
    }
    store_some(argument_gradient, gradient_arguments + i, used);
    transpose_out(rows, parameters, used, gradient_params + i * parameters);
  }
}

#define CASTALIA_RQ_SPLINE(T, suffix)                                                              \
  void forward_##suffix(const RqSpline& spline, const T* x, const T* params, T* y, T* l,           \
                        size_t count) {                                                            \
    evaluate<false>(spline, x, params, y, l, count);                                               \
  }                                                                                                \
  void inverse_##suffix(const RqSpline& spline, const T* y, const T* params, T* x, T* l,           \
                        size_t count) {                                                            \
    evaluate<true>(spline, y, params, x, l, count);                                                \
  }                                                                                                \
  void forward_gradient_##suffix(const RqSpline& spline, const T* x, const T* params, const T* gy, \
                                 const T* gl, T* gx, T* gp, size_t count) {                        \
    differentiate<false>(spline, x, params, gy, gl, gx, gp, count);                                \
  }                                                                                                \
  void inverse_gradient_##suffix(const RqSpline& spline, const T* y, const T* params, const T* gx, \
                                 const T* gl, T* gy, T* gp, size_t count) {                        \
    differentiate<true>(spline, y, params, gx, gl, gy, gp, count);                                 \
  }
CASTALIA_RQ_SPLINE(float, float32)
CASTALIA_RQ_SPLINE(double, float64)
#undef CASTALIA_RQ_SPLINE

}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace castalia::cpu {

RqSpline::RqSpline(const RqSplineSettings& settings)
    : settings_(settings), derivative_shift_(std::log(std::expm1(1.0 - settings.min_derivative))) {
  ensure_dispatch();
  const auto require = [](bool condition, const char* field, double value, const auto&... allowed) {
    if (!condition) fail(Code::out_of_range, field, " is ", value, "; allowed: ", allowed...);
  };
  require(settings.bins >= 2 && settings.bins <= kMaxBins, "bins", settings.bins, "2 to ",
          kMaxBins);
  require(settings.lower < settings.upper, "lower", settings.lower, "below upper, ",
          settings.upper);
  require(settings.min_width > 0 && settings.min_width * settings.bins < 1, "min_width",
          settings.min_width, "above 0, below 1 / bins");
  require(settings.min_height > 0 && settings.min_height * settings.bins < 1, "min_height",
          settings.min_height, "above 0, below 1 / bins");
  require(settings.min_derivative > 0 && settings.min_derivative < 1, "min_derivative",
          settings.min_derivative, "above 0, below 1");
}

HWY_EXPORT(forward_float32);
HWY_EXPORT(forward_float64);
HWY_EXPORT(inverse_float32);
HWY_EXPORT(inverse_float64);
HWY_EXPORT(forward_gradient_float32);
HWY_EXPORT(forward_gradient_float64);
HWY_EXPORT(inverse_gradient_float32);
HWY_EXPORT(inverse_gradient_float64);

#define CASTALIA_RQ_SPLINE(T, suffix)                                                           \
  template <>                                                                                   \
  void RqSpline::forward(const T* x, const T* params, T* y, T* l, size_t count) const {         \
    HWY_DYNAMIC_DISPATCH(forward_##suffix)(*this, x, params, y, l, count);                      \
  }                                                                                             \
  template <>                                                                                   \
  void RqSpline::inverse(const T* y, const T* params, T* x, T* l, size_t count) const {         \
    HWY_DYNAMIC_DISPATCH(inverse_##suffix)(*this, y, params, x, l, count);                      \
  }                                                                                             \
  template <>                                                                                   \
  void RqSpline::forward_gradient(const T* x, const T* params, const T* gy, const T* gl, T* gx, \
                                  T* gp, size_t count) const {                                  \
    HWY_DYNAMIC_DISPATCH(forward_gradient_##suffix)(*this, x, params, gy, gl, gx, gp, count);   \
  }                                                                                             \
  template <>                                                                                   \
  void RqSpline::inverse_gradient(const T* y, const T* params, const T* gx, const T* gl, T* gy, \
                                  T* gp, size_t count) const {                                  \
    HWY_DYNAMIC_DISPATCH(inverse_gradient_##suffix)(*this, y, params, gx, gl, gy, gp, count);   \
  }
CASTALIA_RQ_SPLINE(float, float32)
CASTALIA_RQ_SPLINE(double, float64)
#undef CASTALIA_RQ_SPLINE

}  // namespace castalia::cpu
#endif  // HWY_ONCE
