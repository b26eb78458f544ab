// What the kernels of all splines share: fractions from logits, the search for the bin, derivatives
// at knots, tails, and the loops over many splines. A kind of spline adds a Curve.
//
// One lane computes one spline: `rows` holds the parameters of a vector's worth of splines, row p
// parameter p of each. A Curve is what is known of one vector's splines. Its functions are called
// in this order, each for several vectors in turn, because one vector alone is a long chain of
// operations that wait for each other:
//   rows(n)                         the rows that it needs: one a parameter, and what it adds
//   read<kGradient>(n, rows)        turns raw numbers into what the search needs
//   find<kInverse>(n, rows, at)     chooses the bin of x, or of y
//   shape<kGradient>(n)             the piece in this bin
//   move_to_x(x) or move_to_y(y)    a point of it, which these describe:
//   x(), y(), log_derivative()      log(dy/dx)
//   derivative(), log_slope()       dy/dx, and the derivative of log_derivative() by x
//   pull_back(n, gy, gl, rows)      from gradients with respect to y and log_derivative() at a
//                                   given x that with respect to x, which is returned, and in rows
//                                   those with respect to the parameters
//
// Include after cpp/runtime/cpu/dispatch.h and hwy/foreach_target.h; the content is compiled once
// for each instruction set.
#if defined(CASTALIA_CPP_RUNTIME_CPU_SPLINE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CASTALIA_CPP_RUNTIME_CPU_SPLINE_INL_H_
#undef CASTALIA_CPP_RUNTIME_CPU_SPLINE_INL_H_
#else
#define CASTALIA_CPP_RUNTIME_CPU_SPLINE_INL_H_
#endif

#include <algorithm>
#include <cstddef>

#include "cpp/runtime/cpu/lanes-inl.h"
#include "cpp/runtime/cpu/math.h"
#include "cpp/runtime/cpu/spline.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The settings as numbers of type T.
template <typename T>
struct SplineNumbers {
  explicit SplineNumbers(const Spline& spline)
      : bins(static_cast<size_t>(spline.settings().bins)),
        parameters(spline.parameters()),
        linear_tails(spline.settings().tails == SplineTails::linear),
        circular(spline.settings().tails == SplineTails::circular),
        lower(static_cast<T>(spline.settings().lower)),
        upper(static_cast<T>(spline.settings().upper)),
        min_derivative(static_cast<T>(spline.settings().min_derivative)),
        shift(static_cast<T>(std::log(std::expm1(1.0 - spline.settings().min_derivative)))) {
    const SplineSettings& s = spline.settings();
    const double range = s.upper - s.lower;
    width_floor = static_cast<T>(range * s.min_width);
    height_floor = static_cast<T>(range * s.min_height);
    width_share = static_cast<T>(range * (1 - s.bins * s.min_width));
    height_share = static_cast<T>(range * (1 - s.bins * s.min_height));
  }
  size_t bins;
  size_t parameters;
  bool linear_tails, circular;
  T lower, upper, min_derivative;
  T shift;                      // softplus(shift) + min_derivative = 1
  T width_floor, height_floor;  // the smallest width and height
  T width_share, height_share;  // what softmax shares out
};

template <typename T>
HWY_INLINE Vector<T> constant(double value) {
  return hn::Set(Tag<T>(), static_cast<T>(value));
}

template <typename T>
HWY_INLINE Vector<T> load_row(const T* rows, size_t row) {
  return hn::Load(Tag<T>(), rows + row * hn::Lanes(Tag<T>()));
}
template <typename T>
HWY_INLINE void store_row(Vector<T> vector, T* rows, size_t row) {
  hn::Store(vector, Tag<T>(), rows + row * hn::Lanes(Tag<T>()));
}

// Both keep NaN.
template <typename T>
HWY_INLINE Vector<T> at_most(Vector<T> x, Vector<T> bound) {
  return hn::IfThenElse(hn::Gt(x, bound), bound, x);
}
template <typename T>
HWY_INLINE Vector<T> at_least(Vector<T> x, Vector<T> bound) {
  return hn::IfThenElse(hn::Lt(x, bound), bound, x);
}

// Calls visit(k, k in all lanes).
template <typename T, class Visit>
HWY_INLINE void for_each_index(size_t count, Visit visit) {
  const Tag<T> d;
  Vector<T> index = hn::Zero(d);
  for (size_t k = 0; k < count; ++k) {
    visit(k, index);
    index = hn::Add(index, hn::Set(d, T(1)));
  }
}

// ---- functions ----

template <typename T>
struct SplineCoefficients;
// Chebyshev fits, constant term first.
template <>
struct SplineCoefficients<float> {
  // exp(r) for |r| <= log(2) / 2, to 2^-26.
  static constexpr float kExp[] = {1.0f,          1.0f,           0.5f,          0.16666577f,
                                   0.0416665546f, 0.00836317905f, 0.00139261836f};
  // (2 atanh(s) / s - 2) / z, z = s^2 <= 1 / 9: log1p to 2^-31.
  static constexpr float kLog1p[] = {0.666666673f, 0.399997063f, 0.28592358f, 0.217065758f,
                                     0.232243292f};
};
template <>
struct SplineCoefficients<double> {
  static constexpr double kExp[] = {1.0,
                                    1.0,
                                    0.5,
                                    0.16666666666666671,
                                    0.0416666666666666698,
                                    0.00833333333332613513,
                                    0.00138888888888837483,
                                    0.000198412698748206253,
                                    0.0000248015873255477412,
                                    2.75572554002064244e-6,
                                    2.75572736431102953e-7,
                                    2.51052170047207452e-8,
                                    2.09146869680868772e-9};
  // log1p to 2^-57.
  static constexpr double kLog1p[] = {
      0.666666666666666586,  0.400000000000145827, 0.285714285671087572, 0.22222222717427863,
      0.181817894361328582,  0.153855700649586231, 0.133141442096549362, 0.120010728095907125,
      0.0880073848614467388, 0.161640456119435322};
};

// exp(x) for x <= 0, as a term of a sum that 1 is a term of: the error is some roundings of
// max(exp(x), |x| exp(x)), and what is below the normal numbers gives the smallest of them.
template <typename T>
HWY_INLINE Vector<T> exp_for_sum(Vector<T> x) {
  const Tag<T> d;
  using C = Coefficients<Tag<T>>;
  constexpr double kLog2 = 0.6931471805599453;
  x = at_least<T>(x, constant<T>((static_cast<double>(C::kMinExponent) + 0.5) * kLog2));
  const Vector<T> magic = hn::Set(d, C::kRoundingMagic);
  const Vector<T> rounded = hn::MulAdd(x, constant<T>(1 / kLog2), magic);
  const Vector<T> r = hn::NegMulAdd(hn::Sub(rounded, magic), constant<T>(kLog2), x);
  return hn::Mul(polynomial(d, r, SplineCoefficients<T>::kExp), power_of_two(d, rounded));
}

// log(1 + x) for 0 <= x <= 1.
template <typename T>
HWY_INLINE Vector<T> log1p_of_fraction(Vector<T> x) {
  const Tag<T> d;
  // 2 atanh(s)
  const Vector<T> s = hn::Div(x, hn::Add(x, hn::Set(d, T(2))));
  const Vector<T> z = hn::Mul(s, s);
  return hn::MulAdd(hn::Mul(s, z), polynomial(d, z, SplineCoefficients<T>::kLog1p), hn::Add(s, s));
}

template <typename T>
HWY_INLINE Mask<T> is_clipped(Vector<T> raw) {
  return hn::Gt(hn::Abs(raw), constant<T>(Spline::kLargestRawDerivative));
}
// raw + shift for a raw number that is clipped first.
template <typename T>
HWY_INLINE Vector<T> clipped_raw(Vector<T> raw, T shift) {
  const Vector<T> limit = constant<T>(Spline::kLargestRawDerivative);
  return hn::Add(hn::IfThenElse(is_clipped<T>(raw), hn::CopySign(limit, raw), raw),
                 hn::Set(Tag<T>(), shift));
}

// softplus(raw + shift); *gain is its derivative by the raw number.
template <typename T>
HWY_INLINE Vector<T> softplus_of_raw(Vector<T> raw, T shift, Vector<T>* gain) {
  const Tag<T> d;
  const Vector<T> one = hn::Set(d, T(1)), zero = hn::Zero(d);
  const Vector<T> z = clipped_raw<T>(raw, shift);
  const auto negative = hn::Lt(z, zero);
  const Vector<T> e = exp_of_negative(d, hn::Neg(hn::Abs(z)));
  if (gain != nullptr) {
    const Vector<T> sigmoid = hn::Div(hn::IfThenElse(negative, e, one), hn::Add(one, e));
    *gain = hn::IfThenZeroElse(is_clipped<T>(raw), sigmoid);
  }
  return hn::Add(hn::IfThenElse(negative, zero, z), log1p_of_fraction<T>(e));
}

// sigmoid(raw + shift) alike.
template <typename T>
HWY_INLINE Vector<T> sigmoid_of_raw(Vector<T> raw, T shift, Vector<T>* gain) {
  const Tag<T> d;
  const Vector<T> s = sigmoid(d, clipped_raw<T>(raw, shift));
  if (gain != nullptr) {
    *gain = hn::IfThenZeroElse(is_clipped<T>(raw), hn::NegMulAdd(s, s, s));
  }
  return s;
}

// ---- fractions of the interval ----

// One axis: knots from logits. With s = share / (sum of the exponentials), a knot stands at
// lower + index * floor + s * (sum of the exponentials before it).
template <typename T>
struct SplineAxis {
  using V = Vector<T>;

  V inverse_sum;  // of the exponentials
  V before;       // sum of the exponentials before the bin
  V own;          // the bin's exponential
  V start, end;   // its knots
  V size;         // from the exponential itself, not a difference of knots

  // Replaces logits by exponentials relative to the largest.
  HWY_INLINE void read(size_t bins, T* HWY_RESTRICT rows) {
    const V largest = largest_of(bins, rows);
    V total = hn::Zero(Tag<T>());
    for (size_t k = 0; k < bins; ++k) take_exponential(rows, k, largest, &total);
    inverse_sum = hn::Div(constant<T>(1), total);
  }
  // The same for two axes at once, whose operations fill each other's waits.
  HWY_INLINE static void read_both(size_t bins, T* HWY_RESTRICT x_rows, T* HWY_RESTRICT y_rows,
                                   SplineAxis* x, SplineAxis* y) {
    const V x_largest = largest_of(bins, x_rows), y_largest = largest_of(bins, y_rows);
    V x_total = hn::Zero(Tag<T>()), y_total = x_total;
    for (size_t k = 0; k < bins; ++k) {
      take_exponential(x_rows, k, x_largest, &x_total);
      take_exponential(y_rows, k, y_largest, &y_total);
    }
    x->inverse_sum = hn::Div(constant<T>(1), x_total);
    y->inverse_sum = hn::Div(constant<T>(1), y_total);
  }

  HWY_INLINE static V largest_of(size_t bins, const T* rows) {
    V largest = load_row(rows, 0);
    for (size_t k = 1; k < bins; ++k) largest = hn::Max(largest, load_row(rows, k));
    return largest;
  }
  HWY_INLINE static void take_exponential(T* rows, size_t k, V largest, V* total) {
    const V e = exp_for_sum<T>(hn::Sub(load_row(rows, k), largest));
    store_row(e, rows, k);
    *total = hn::Add(*total, e);
  }

  HWY_INLINE V scale(T share) const { return hn::Mul(hn::Set(Tag<T>(), share), inverse_sum); }
  HWY_INLINE V knot(V index, V sum_before, T floor, V scaled, T lower) const {
    const Tag<T> d;
    return hn::MulAdd(sum_before, scaled, hn::MulAdd(index, hn::Set(d, floor), hn::Set(d, lower)));
  }

  // A search along the axis: for each bin k from 1 on pass(k), and take(k) where it is reached.
  struct Search {
    V sum;  // of the exponentials before the bin that is looked at
    V before, own;

    HWY_INLINE explicit Search(const T* rows)
        : sum(hn::Zero(Tag<T>())), before(sum), own(load_row(rows, 0)) {}
    HWY_INLINE void pass(const T* rows, size_t k) { sum = hn::Add(sum, load_row(rows, k - 1)); }
    HWY_INLINE void take(Mask<T> reached, const T* rows, size_t k) {
      before = hn::IfThenElse(reached, sum, before);
      own = hn::IfThenElse(reached, load_row(rows, k), own);
    }
  };
  HWY_INLINE void choose(const Search& search) {
    before = search.before;
    own = search.own;
  }
  HWY_INLINE void place_knots(const SplineNumbers<T>& n, V index, T floor, T share) {
    const Tag<T> d;
    const V upper = hn::Set(d, n.upper);
    const V scaled = scale(share);
    start = knot(index, before, floor, scaled, n.lower);
    const V next = hn::Add(index, hn::Set(d, T(1)));
    end = knot(next, hn::Add(before, own), floor, scaled, n.lower);
    const auto last = hn::Eq(next, hn::Set(d, static_cast<T>(n.bins)));
    end = hn::IfThenElse(hn::Or(last, hn::Gt(end, upper)), upper, end);
    size = hn::MulAdd(own, scaled, hn::Set(d, floor));
  }

  // Replaces exponentials by gradients with respect to the logits, from those with respect to the
  // bin's start and size: through the sum of the fractions before the bin, its own fraction, and
  // softmax.
  HWY_INLINE void pull_back(V index, V by_start, V by_size, T share, size_t bins,
                            T* HWY_RESTRICT rows) const {
    const V scaled = scale(share);
    // What every fraction subtracts: the mean of the gradients over the fractions.
    const V mean = hn::Mul(hn::MulAdd(by_start, before, hn::Mul(by_size, own)), inverse_sum);
    const V factor_before = hn::Mul(hn::Sub(by_start, mean), scaled);
    const V factor_own = hn::Mul(hn::Sub(by_size, mean), scaled);
    const V factor_behind = hn::Neg(hn::Mul(mean, scaled));
    for_each_index<T>(bins, [&](size_t k, V here) {
      const V factor =
          hn::IfThenElse(hn::Lt(here, index), factor_before,
                         hn::IfThenElse(hn::Eq(here, index), factor_own, factor_behind));
      store_row(hn::Mul(load_row(rows, k), factor), rows, k);
    });
  }
};

// Calls visit(k, index, reached) for the bins from 1 on: whether `argument` has reached the bin's
// first knot, which knot_at(k, index) gives. The last visit with a true mask is the argument's bin.
template <typename T, class KnotAt, class Visit>
HWY_INLINE void search_bins(size_t bins, Vector<T> argument, KnotAt knot_at, Visit visit) {
  const Tag<T> d;
  const Vector<T> one = hn::Set(d, T(1));
  Vector<T> index = one;
  for (size_t k = 1; k < bins; ++k) {
    const auto reached = hn::Ge(argument, knot_at(k, index));
    visit(k, index, reached);
    index = hn::Add(index, one);
  }
}

// ---- derivatives at knots ----

// The derivatives at both knots of a bin. With linear tails the rows start at the first inner knot
// and the derivative is 1 at both bounds; the last knot of a circular spline is its first.
template <typename T>
struct SplineEnds {
  using V = Vector<T>;

  V raw0, raw1;  // at the left and the right knot
  V value0, value1;
  V gain0, gain1;  // their derivatives with respect to the raw ones

  HWY_INLINE static size_t missing(const SplineNumbers<T>& n) { return n.linear_tails ? 1 : 0; }
  HWY_INLINE static size_t count(const SplineNumbers<T>& n) {
    return n.circular ? n.bins : n.bins + 1 - 2 * missing(n);
  }

  struct Search {
    V raw0, raw1;

    HWY_INLINE Search(const SplineNumbers<T>& n, const T* rows)
        : raw0(n.linear_tails ? hn::Zero(Tag<T>()) : load_row(rows, 0)),
          raw1(load_row(rows, 1 - missing(n))) {}
    HWY_INLINE void take(Mask<T> reached, const SplineNumbers<T>& n, const T* rows, size_t k) {
      raw0 = hn::IfThenElse(reached, load_row(rows, k - missing(n)), raw0);
      // Behind the last inner knot stands none; the fixed derivative overrides what is taken here.
      const bool around = n.circular && k + 1 == n.bins;
      const size_t right = around ? 0 : std::min(k + 1 - missing(n), count(n) - 1);
      raw1 = hn::IfThenElse(reached, load_row(rows, right), raw1);
    }
  };
  HWY_INLINE void choose(const Search& search) {
    raw0 = search.raw0;
    raw1 = search.raw1;
  }
  template <bool kGradient>
  HWY_INLINE void shape(const SplineNumbers<T>& n, V index) {
    const Tag<T> d;
    const V one = hn::Set(d, T(1)), floor = hn::Set(d, n.min_derivative);
    value0 = hn::Add(softplus_of_raw<T>(raw0, n.shift, kGradient ? &gain0 : nullptr), floor);
    value1 = hn::Add(softplus_of_raw<T>(raw1, n.shift, kGradient ? &gain1 : nullptr), floor);
    if (!n.linear_tails) return;
    const auto first = hn::Eq(index, hn::Zero(d));
    const auto last = hn::Eq(index, hn::Set(d, static_cast<T>(n.bins - 1)));
    value0 = hn::IfThenElse(first, one, value0);
    value1 = hn::IfThenElse(last, one, value1);
    if constexpr (kGradient) {
      gain0 = hn::IfThenZeroElse(first, gain0);
      gain1 = hn::IfThenZeroElse(last, gain1);
    }
  }
  // Writes the gradients with respect to the raw derivatives from those at both ends.
  HWY_INLINE void pull_back(const SplineNumbers<T>& n, V index, V by_value0, V by_value1,
                            T* rows) const {
    const V one = constant<T>(1);
    const V left = hn::Mul(by_value0, gain0), right = hn::Mul(by_value1, gain1);
    // Row k belongs to knot k, or k + 1 with linear tails.
    const V first = n.linear_tails ? hn::Sub(index, one) : index;
    V second = hn::Add(first, one);
    if (n.circular) {
      const V bins = hn::Set(Tag<T>(), static_cast<T>(n.bins));
      second = hn::IfThenZeroElse(hn::Eq(second, bins), second);
    }
    for_each_index<T>(count(n), [&](size_t k, V here) {
      store_row(hn::IfThenElse(hn::Eq(here, first), left,
                               hn::IfThenElseZero(hn::Eq(here, second), right)),
                rows, k);
    });
  }
};

// ---- many splines ----

template <typename T>
HWY_INLINE Vector<T> clip(const SplineNumbers<T>& n, Vector<T> x) {
  const Tag<T> d;
  return at_most<T>(at_least<T>(x, hn::Set(d, n.lower)), hn::Set(d, n.upper));
}

template <typename T>
HWY_INLINE Mask<T> is_outside(const SplineNumbers<T>& n, Vector<T> x) {
  const Tag<T> d;
  return hn::Or(hn::Lt(x, hn::Set(d, n.lower)), hn::Gt(x, hn::Set(d, n.upper)));
}

// A circular spline's argument in its interval: both bounds stay as they are.
template <typename T>
HWY_INLINE Vector<T> wrapped(const SplineNumbers<T>& n, Vector<T> x) {
  if (!n.circular) return x;
  const Tag<T> d;
  const double period = static_cast<double>(n.upper) - static_cast<double>(n.lower);
  const Vector<T> turns =
      hn::Floor(hn::Mul(hn::Sub(x, hn::Set(d, n.lower)), constant<T>(1 / period)));
  const Vector<T> inside = hn::NegMulAdd(turns, constant<T>(period), x);
  return hn::IfThenElse(is_outside(n, x), inside, x);
}

// Calls visit(vector, first spline, splines) for the vectors of a group that starts at `begin`.
template <typename T, class Visit>
HWY_INLINE void for_each_vector(size_t begin, size_t end, Visit visit) {
  const size_t lanes = hn::Lanes(Tag<T>());
  for (size_t v = 0, i = begin; i < end; ++v, i += lanes) visit(v, i, std::min(lanes, end - i));
}

// Vectors whose chains of operations are computed side by side, as far as their rows have place.
inline constexpr size_t kVectorsTogether = 4;
inline constexpr size_t kMaxSplineRows = 4 * Spline::kMaxBins + 1;

template <template <typename> class Curve, typename T>
struct SplineGroup {
  explicit SplineGroup(const SplineNumbers<T>& n)
      : stride(Curve<T>::rows(n) * hn::Lanes(Tag<T>())),
        splines(std::min(kVectorsTogether, kMaxSplineRows / Curve<T>::rows(n)) *
                hn::Lanes(Tag<T>())) {}

  size_t stride;   // between the rows of two vectors
  size_t splines;  // at most
  Curve<T> curves[kVectorsTogether];
  HWY_ALIGN T arguments[kVectorsTogether * hn::MaxLanes(Tag<T>())];
  HWY_ALIGN T rows[kMaxSplineRows * hn::MaxLanes(Tag<T>())];

  HWY_INLINE T* rows_of(size_t vector) { return rows + vector * stride; }

  // Chooses the bins and their pieces of the splines from `begin` on.
  template <bool kInverse, bool kGradient>
  HWY_INLINE void find(const SplineNumbers<T>& n, const MapArrays<T>& a, size_t begin, size_t end) {
    for_each_vector<T>(begin, end, [&](size_t v, size_t i, size_t used) {
      rows_to_lanes(a.params + i * n.parameters, n.parameters, used, rows_of(v));
      store_row(wrapped(n, load_some(a.argument + i, used)), arguments, v);
    });
    for_each_vector<T>(begin, end, [&](size_t v, size_t, size_t) {
      curves[v].template read<kGradient>(n, rows_of(v));
    });
    for_each_vector<T>(begin, end, [&](size_t v, size_t, size_t) {
      curves[v].template find<kInverse>(n, rows_of(v), clip(n, load_row(arguments, v)));
    });
    for_each_vector<T>(begin, end,
                       [&](size_t v, size_t, size_t) { curves[v].template shape<kGradient>(n); });
  }
};

template <template <typename> class Curve, bool kInverse, typename T>
void evaluate(const Spline& spline, const MapArrays<T>& a, size_t count) {
  using V = Vector<T>;
  const Tag<T> d;
  const SplineNumbers<T> n(spline);
  SplineGroup<Curve, T> group(n);
  for (size_t begin = 0; begin < count; begin += group.splines) {
    const size_t end = std::min(count, begin + group.splines);
    group.template find<kInverse, false>(n, a, begin, end);
    for_each_vector<T>(begin, end, [&](size_t v, size_t i, size_t used) {
      Curve<T>& curve = group.curves[v];
      const V given_argument = load_row(group.arguments, v);
      const V argument = clip(n, given_argument);
      kInverse ? curve.move_to_y(argument) : curve.move_to_x(argument);
      V result = kInverse ? curve.x() : curve.y();
      V log_det = curve.log_derivative();
      if constexpr (kInverse) log_det = hn::Neg(log_det);
      const V upper = hn::Set(d, n.upper);
      result = hn::IfThenElse(hn::Ge(argument, upper), upper, result);
      if (n.linear_tails) {
        const auto outside = is_outside(n, given_argument);
        result = hn::IfThenElse(outside, given_argument, result);
        log_det = hn::IfThenZeroElse(outside, log_det);
      }
      // The logarithm of a NaN's bits would be some number.
      log_det = hn::IfThenElse(hn::IsNaN(result), result, log_det);
      store_some(result, a.result + i, used);
      store_some(log_det, a.log_abs_det + i, used);
    });
  }
}

template <template <typename> class Curve, bool kInverse, typename T>
void differentiate(const Spline& spline, const MapArrays<T>& a, size_t count) {
  using V = Vector<T>;
  const SplineNumbers<T> n(spline);
  SplineGroup<Curve, T> group(n);
  for (size_t begin = 0; begin < count; begin += group.splines) {
    const size_t end = std::min(count, begin + group.splines);
    group.template find<kInverse, true>(n, a, begin, end);
    for_each_vector<T>(begin, end, [&](size_t v, size_t i, size_t used) {
      Curve<T>& curve = group.curves[v];
      const V given_argument = load_row(group.arguments, v);
      const V argument = clip(n, given_argument);
      kInverse ? curve.move_to_y(argument) : curve.move_to_x(argument);
      const V given = load_some(a.gradient_result + i, used);
      const auto outside = is_outside(n, given_argument);
      // Outside, the result does not depend on the parameters; with linear tails nor does
      // log_abs_det.
      V by_result = hn::IfThenZeroElse(outside, given);
      V by_log = load_some(a.gradient_log_abs_det + i, used);
      if (n.linear_tails) by_log = hn::IfThenZeroElse(outside, by_log);
      V by_argument;
      if constexpr (kInverse) {
        // y(x, params) is held: dx = (dy - dy/dparams dparams) / (dy/dx), and the logarithm is that
        // of forward with the other sign.
        const V by_x = hn::NegMulAdd(by_log, curve.log_slope(), by_result);
        by_argument = hn::IfThenZeroElse(outside, hn::Div(by_x, curve.derivative()));
        curve.pull_back(n, hn::Neg(by_argument), hn::Neg(by_log), group.rows_of(v));
      } else {
        by_argument = curve.pull_back(n, by_result, by_log, group.rows_of(v));
        by_argument = hn::IfThenZeroElse(outside, by_argument);
      }
      if (n.linear_tails) by_argument = hn::IfThenElse(outside, given, by_argument);
      by_argument = hn::IfThenElse(hn::IsNaN(argument), argument, by_argument);
      store_some(by_argument, a.gradient_argument + i, used);
    });
    for_each_vector<T>(begin, end, [&](size_t v, size_t i, size_t used) {
      lanes_to_rows(group.rows_of(v), n.parameters, used, a.gradient_params + i * n.parameters);
    });
  }
}

template <template <typename> class Curve, typename T>
void compute_spline(const Spline& spline, MapTask task, const MapArrays<T>& a, size_t count) {
  switch (task) {
    case MapTask::forward: return evaluate<Curve, false>(spline, a, count);
    case MapTask::inverse: return evaluate<Curve, true>(spline, a, count);
    case MapTask::forward_gradient: return differentiate<Curve, false>(spline, a, count);
    case MapTask::inverse_gradient: return differentiate<Curve, true>(spline, a, count);
  }
}

}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CASTALIA_CPP_RUNTIME_CPU_SPLINE_INL_H_
