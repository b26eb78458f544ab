// What all kinds of monotone maps share: parameters to lanes, the search for an inverse, results.
//
// A Curve is one map in each lane:
//   read(map, rows)  takes the raw numbers, number i of all lanes in vector i of rows, which it may
//                    change and go on reading
//   at(x)            value and derivative there, a Point
//   solve(y)         the x with that value
//
// Include after cpp/runtime/cpu/dispatch.h and hwy/foreach_target.h; the content is compiled once
// for each instruction set.
#if defined(CASTALIA_CPP_RUNTIME_CPU_MONOTONE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CASTALIA_CPP_RUNTIME_CPU_MONOTONE_INL_H_
#undef CASTALIA_CPP_RUNTIME_CPU_MONOTONE_INL_H_
#else
#define CASTALIA_CPP_RUNTIME_CPU_MONOTONE_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <limits>

#include "cpp/base/monotone_limits.h"
#include "cpp/runtime/cpu/math.h"
#include "cpp/runtime/cpu/monotone.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::ScalableTag<double>;
using Numbers = hn::Vec<Lanes>;

struct Point {
  Numbers value;
  Numbers derivative;
};

HWY_INLINE Numbers number(double value) { return hn::Set(Lanes(), value); }
HWY_INLINE Numbers row_of(const double* rows, size_t row) {
  return hn::Load(Lanes(), rows + row * hn::Lanes(Lanes()));
}
HWY_INLINE void set_row(Numbers numbers, double* rows, size_t row) {
  hn::Store(numbers, Lanes(), rows + row * hn::Lanes(Lanes()));
}

// Keeps NaN.
HWY_INLINE Numbers limited(Numbers x, double limit) {
  return hn::IfThenElse(hn::Gt(hn::Abs(x), number(limit)), hn::CopySign(number(limit), x), x);
}
HWY_INLINE Numbers clipped(Numbers x, Numbers low, Numbers high) {
  return hn::IfThenElse(hn::Lt(x, low), low, hn::IfThenElse(hn::Gt(x, high), high, x));
}
// raw / (1 + |raw| / limit)
HWY_INLINE Numbers softly_limited(Numbers raw, double limit) {
  raw = limited(raw, kLargestRaw);
  return hn::Div(raw, hn::MulAdd(hn::Abs(raw), number(1 / limit), number(1)));
}
HWY_INLINE Numbers scale_of_raw(Numbers raw) {
  return exp(Lanes(), softly_limited(raw, kLargestLogScale));
}

// The x in [low, high] where the rising curve has the value y; where rounding has put it outside,
// that end. A step of Newton's is taken where it stays inside the interval that holds the root and
// is less than half the step before, else the interval is halved: so either shrinks, and kMostSteps
// halve any interval of numbers within +-1e36 to nothing. A lane that is done stands still,
// whatever the others do.
template <class Curve>
HWY_INLINE Numbers bracketed_root(const Curve& curve, Numbers y, Numbers low, Numbers high) {
  const Lanes d;
  constexpr int kMostSteps = 400;
  const Numbers half = number(0.5), zero = hn::Zero(d);
  const Numbers rounding = number(std::numeric_limits<double>::epsilon() / 2);
  Numbers x = hn::MulAdd(hn::Sub(high, low), half, low);
  Numbers step = hn::Sub(high, low);
  auto moving = hn::Eq(hn::Add(x, y), hn::Add(x, y));  // not NaN
  for (int i = 0; i < kMostSteps && !hn::AllFalse(d, moving); ++i) {
    const Point p = curve.at(x);
    const Numbers excess = hn::Sub(p.value, y);
    const auto below = hn::Lt(excess, zero);
    low = hn::IfThenElse(below, x, low);
    high = hn::IfThenElse(below, high, x);
    const Numbers newton = hn::Sub(x, hn::Div(excess, p.derivative));
    const Numbers newton_step = hn::Abs(hn::Sub(newton, x));
    const auto fits = hn::And(hn::And(hn::Ge(newton, low), hn::Le(newton, high)),
                              hn::Le(newton_step, hn::Mul(half, step)));
    const Numbers next = hn::IfThenElse(fits, newton, hn::MulAdd(hn::Sub(high, low), half, low));
    step = hn::Abs(hn::Sub(next, x));
    moving = hn::And(moving, hn::Ne(excess, zero));
    x = hn::IfThenElse(moving, next, x);
    moving = hn::And(moving, hn::Gt(step, hn::MulAdd(hn::Abs(x), rounding, number(1e-40))));
  }
  return x;
}

// Elements as lanes; those beyond `used` repeat the last one.
template <typename T>
HWY_INLINE Numbers load_elements(const T* from, size_t stride, size_t used) {
  HWY_ALIGN double lanes[hn::MaxLanes(Lanes())];
  for (size_t i = 0; i < hn::Lanes(Lanes()); ++i) {
    lanes[i] = static_cast<double>(from[std::min(i, used - 1) * stride]);
  }
  return hn::Load(Lanes(), lanes);
}
template <typename T>
HWY_INLINE void store_elements(Numbers numbers, T* to, size_t used) {
  HWY_ALIGN double lanes[hn::MaxLanes(Lanes())];
  hn::Store(numbers, Lanes(), lanes);
  for (size_t i = 0; i < used; ++i) to[i] = static_cast<T>(lanes[i]);
}

template <class Curve, typename T>
void compute_monotone(const MonotoneMap& map, MapTask task, const MapArrays<T>& a, size_t count) {
  const Lanes d;
  const size_t lanes = hn::Lanes(d);
  const size_t parameters = map.parameters();
  HWY_ALIGN double rows[MonotoneMap::kMaxParameters * hn::MaxLanes(d)];
  for (size_t begin = 0; begin < count; begin += lanes) {
    const size_t used = std::min(lanes, count - begin);
    for (size_t i = 0; i < parameters; ++i) {
      set_row(load_elements(a.params + begin * parameters + i, parameters, used), rows, i);
    }
    Curve curve;
    curve.read(map, rows);
    const Numbers argument = limited(load_elements(a.argument + begin, 1, used), kLargestArgument);
    const bool inverse = task == MapTask::inverse;
    // A search may lose NaN. Its result, too, stays where the forward map has a slope.
    const Numbers x =
        inverse ? limited(hn::IfThenElse(hn::IsNaN(argument), argument, curve.solve(argument)),
                          kLargestArgument)
                : argument;
    const Point p = curve.at(x);
    const Numbers result = inverse ? x : p.value;
    Numbers log_det = log_of_normal(d, p.derivative);
    if (inverse) log_det = hn::Neg(log_det);
    // The logarithm of a NaN's bits would be some number.
    log_det = hn::IfThenElse(hn::IsNaN(result), result, log_det);
    store_elements(result, a.result + begin, used);
    store_elements(log_det, a.log_abs_det + begin, used);
  }
}

// A curve on [lower, upper] that goes on along its tangents.
class Continued {
 public:
  HWY_INLINE void set_domain(const MonotoneSettings& s) {
    middle_ = (s.lower + s.upper) / 2;
    half_ = (s.upper - s.lower) / 2;
    lower_ = s.lower;
    upper_ = s.upper;
  }

  // The argument as a number in [-1, 1].
  HWY_INLINE Numbers place(Numbers x) const {
    const Numbers t = clipped(x, number(lower_), number(upper_));
    return hn::Div(hn::Sub(t, number(middle_)), number(half_));
  }
  // From the integral over [0, place], in units of half the domain, and the slope at the place.
  HWY_INLINE Point point(Numbers x, Numbers shift, Numbers integral, Numbers slope) const {
    const Numbers t = clipped(x, number(lower_), number(upper_));
    const Numbers value = hn::MulAdd(number(half_), integral, hn::Add(number(middle_), shift));
    return {hn::MulAdd(slope, hn::Sub(x, t), value), slope};
  }
  template <class Curve>
  HWY_INLINE Numbers solve(const Curve& curve, Numbers y) const {
    const Numbers low = number(lower_), high = number(upper_);
    const Point first = curve.at(low), last = curve.at(high);
    const Numbers inside = bracketed_root(curve, clipped(y, first.value, last.value), low, high);
    const Numbers left = hn::Add(low, hn::Div(hn::Sub(y, first.value), first.derivative));
    const Numbers right = hn::Add(high, hn::Div(hn::Sub(y, last.value), last.derivative));
    return hn::IfThenElse(hn::Lt(y, first.value), left,
                          hn::IfThenElse(hn::Gt(y, last.value), right, inside));
  }

 private:
  double middle_, half_, lower_, upper_;
};

}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CASTALIA_CPP_RUNTIME_CPU_MONOTONE_INL_H_
