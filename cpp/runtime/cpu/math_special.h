// More functions on SIMD vectors: hyperbolic and inverse functions, the complementary error
// function, and the gamma family. What math.h promises holds here too, but for erfc and gelu: 5
// ulp.
//
// Where float goes through double it is to within 1 ulp and costs two to three times more.
#if defined(CASTALIA_CPP_RUNTIME_CPU_MATH_SPECIAL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CASTALIA_CPP_RUNTIME_CPU_MATH_SPECIAL_H_
#undef CASTALIA_CPP_RUNTIME_CPU_MATH_SPECIAL_H_
#else
#define CASTALIA_CPP_RUNTIME_CPU_MATH_SPECIAL_H_
#endif

#include <limits>

#include "cpp/base/special_functions.h"
#include "cpp/runtime/cpu/math.h"
#include "cpp/runtime/cpu/math_special_coefficients.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// A function of double, and for float by way of double.
template <class Function, class D, class V, class... More>
HWY_INLINE V in_double(D d, V x, More... more) {
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    return through_double<Function>(d, x, more...);
  } else {
    return Function::apply(d, x, more...);
  }
}

// ---- hyperbolic functions ----

// exp(x) / 2 for x > 0, which overflows only where the result does.
template <class D, class V>
HWY_INLINE V half_exp(D d, V x) {
  using T = hn::TFromD<D>;
  const V high = hn::Set(d, Coefficients<D>::kExpHigh + T(2));
  V rounded;
  const V p = exp_reduced<true>(d, hn::IfThenElse(hn::Gt(x, high), high, x), &rounded);
  const V one = hn::Set(d, T(1));
  return scale_by_power_of_two(d, hn::Add(one, p), hn::Sub(rounded, one));
}

// Beyond this the small exponential does not count.
inline constexpr double kOneExponential = 20;

struct SinhOfDouble {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x) {
    const V a = hn::Abs(x);
    const V one = hn::Set(d, 1.0);
    const V limit = hn::Set(d, kOneExponential);
    // (e + e / (1 + e)) / 2, e = exp(a) - 1
    const V e = expm1(d, hn::IfThenElse(hn::Gt(a, limit), limit, a));
    const V small = hn::Mul(hn::Set(d, 0.5), hn::Add(e, hn::Div(e, hn::Add(one, e))));
    return hn::CopySign(hn::IfThenElse(hn::Gt(a, limit), half_exp(d, a), small), x);
  }
};
struct CoshOfDouble {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x) {
    const V a = hn::Abs(x);
    const V e = half_exp(d, a);
    const V both = hn::Add(e, hn::Div(hn::Set(d, 0.25), e));
    return hn::IfThenElse(hn::Gt(a, hn::Set(d, kOneExponential)), e, both);
  }
};
struct AsinhOfDouble {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x) {
    const V a = hn::Abs(x);
    const V one = hn::Set(d, 1.0);
    const auto large = hn::Gt(a, hn::Set(d, 0x1p54));
    // log(1 + a + a^2 / (1 + sqrt(1 + a^2))), or log(2 a) where a^2 may overflow
    const V square = hn::Mul(a, a);
    const V root = hn::Sqrt(hn::Add(one, square));
    const V t = hn::Add(a, hn::Div(square, hn::Add(one, root)));
    const V result = log1p(d, hn::IfThenElse(large, a, t));
    const V ln2 = hn::Set(d, 0.6931471805599453);
    return hn::CopySign(hn::IfThenElse(large, hn::Add(result, ln2), result), x);
  }
};
struct AtanhOfDouble {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x) {
    const V a = hn::Abs(x);
    const V quotient = hn::Div(hn::Add(a, a), hn::Sub(hn::Set(d, 1.0), a));
    const V result = hn::Mul(hn::Set(d, 0.5), log1p(d, quotient));
    return hn::CopySign(result, x);
  }
};

template <class D, class V = hn::Vec<D>>
HWY_INLINE V sinh(D d, V x) {
  return in_double<SinhOfDouble>(d, x);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V cosh(D d, V x) {
  return in_double<CoshOfDouble>(d, x);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V asinh(D d, V x) {
  return in_double<AsinhOfDouble>(d, x);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V atanh(D d, V x) {
  return in_double<AtanhOfDouble>(d, x);
}

// ---- inverse trigonometric functions ----

// sqrt(1 - x^2); NaN beyond 1.
template <class D, class V>
HWY_INLINE V other_side(D d, V x) {
  const V one = hn::Set(d, hn::TFromD<D>(1));
  return hn::Sqrt(hn::Mul(hn::Sub(one, x), hn::Add(one, x)));
}
struct AsinOfDouble {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x) {
    return atan2(d, x, other_side(d, x));
  }
};
struct AcosOfDouble {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x) {
    return atan2(d, other_side(d, x), x);
  }
};

template <class D, class V = hn::Vec<D>>
HWY_INLINE V asin(D d, V x) {
  return in_double<AsinOfDouble>(d, x);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V acos(D d, V x) {
  return in_double<AcosOfDouble>(d, x);
}

// ---- complementary error function ----

// x with the lower half of its digits cleared.
template <class D, class V>
HWY_INLINE V upper_half(D d, V x) {
  using C = Coefficients<D>;
  const hn::RebindToUnsigned<D> du;
  using U = hn::TFromD<decltype(du)>;
  constexpr U kMask = ~((U{1} << (C::kMantissaBits / 2 + 1)) - 1);
  return hn::BitCast(d, hn::And(hn::BitCast(du, x), hn::Set(du, kMask)));
}

// 1 - erf(x), with all its digits where it is small.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V erfc(D d, V x) {
  using T = hn::TFromD<D>;
  using E = ErfcCoefficients<T>;
  const V a = hn::Min(hn::Abs(x), hn::Set(d, E::kHighest));
  const V z = hn::Mul(a, a);
  // z - a^2, from products of halves of a: they are exact without fused multiplication, too.
  const V high = upper_half(d, a);
  const V low = hn::Sub(a, high);
  const V head = hn::Sub(z, hn::Mul(high, high));
  const V z_rest = hn::Sub(hn::Sub(head, hn::Mul(hn::Add(high, high), low)), hn::Mul(low, low));
  const V r = hn::Div(hn::Set(d, T(1)), hn::Add(a, hn::Set(d, E::kCentre)));
  const V t = hn::Mul(hn::Sub(a, hn::Set(d, E::kCentre)), r);
  const V fit = hn::Mul(polynomial(d, t, E::kFit), r);
  const V right = hn::Mul(exp(d, hn::Neg(z)), hn::MulAdd(fit, z_rest, fit));
  const V large = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Sub(hn::Set(d, T(2)), right), right);
  const V small =
      hn::NegMulAdd(x, polynomial(d, z, Coefficients<D>::kErf), hn::Sub(hn::Set(d, T(1)), x));
  const V result = hn::IfThenElse(hn::Lt(a, hn::Set(d, T(0.5))), small, large);
  return hn::IfThenElse(hn::IsNaN(x), x, result);
}

// x times the probability that a normal variable is below x
template <class D, class V = hn::Vec<D>>
HWY_INLINE V gelu(D d, V x) {
  using T = hn::TFromD<D>;
  const V tail = erfc(d, hn::Mul(hn::Set(d, T(-0.7071067811865476)), x));
  return hn::Mul(hn::Mul(hn::Set(d, T(0.5)), x), tail);
}

// Its derivative: that probability, and x times the normal density.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V gelu_derivative(D d, V x) {
  using T = hn::TFromD<D>;
  const V tail = erfc(d, hn::Mul(hn::Set(d, T(-0.7071067811865476)), x));
  // Where the square would overflow the density is zero all the same.
  const V bounded = hn::Max(hn::Min(x, hn::Set(d, T(100))), hn::Set(d, T(-100)));
  const V density = exp_of_negative(d, hn::Mul(hn::Set(d, T(-0.5)), hn::Mul(bounded, bounded)));
  const V slope = hn::Mul(hn::Mul(hn::Set(d, T(0.3989422804014327)), bounded), density);
  return hn::MulAdd(hn::Set(d, T(0.5)), tail, slope);
}

// ---- gamma functions ----

struct ScalarLogGamma {
  static double apply(double x) { return log_gamma(x); }
};
struct LgammaOfDouble {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x) {
    using G = GammaCoefficients;
    const V one = hn::Set(d, 1.0);
    const V two = hn::Set(d, 2.0);
    const auto large = hn::Ge(x, hn::Set(d, 8.0));
    // Below 8: y = x plus or minus a whole number lies in [1.25, 2.5), and the logarithm of the
    // product of what lies between makes up for it.
    const V bounded = hn::IfThenElse(large, two, x);
    const auto below_one = hn::Lt(bounded, hn::Set(d, 0.5));
    const auto below = hn::Lt(bounded, hn::Set(d, 1.25));
    V product = hn::IfThenElse(below, bounded, one);
    product = hn::IfThenElse(below_one, hn::MulAdd(bounded, bounded, bounded), product);
    // y - 2 is exact where y itself would be rounded: the result vanishes with it.
    V offset = hn::Sub(bounded, hn::IfThenElse(below, one, two));
    offset = hn::IfThenElse(below_one, bounded, offset);
    for (int step = 0; step < 6; ++step) {
      const auto above = hn::Ge(offset, hn::Set(d, 0.5));
      product = hn::IfThenElse(above, hn::Mul(product, hn::Add(offset, one)), product);
      offset = hn::IfThenElse(above, hn::Sub(offset, one), offset);
    }
    const V logarithm = log(d, hn::IfThenElse(large, x, product));
    const V core = hn::Mul(offset, polynomial(d, offset, G::kLgamma));
    const V small = hn::IfThenElse(below, hn::Sub(core, logarithm), hn::Add(core, logarithm));
    // (x - 1/2) (log(x) - 1) + (log(2 pi) - 1) / 2 + ...
    const V inverse = hn::Div(one, x);
    const V tail = hn::MulAdd(polynomial(d, hn::Mul(inverse, inverse), G::kLgammaTail), inverse,
                              hn::Set(d, 0.41893853320467274));
    const V stirling = hn::MulAdd(hn::Sub(x, hn::Set(d, 0.5)), hn::Sub(logarithm, one), tail);
    const auto rare = hn::Not(hn::Gt(x, hn::Zero(d)));
    return replace_rare<ScalarLogGamma>(d, rare, hn::IfThenElse(large, stirling, small), x);
  }
};

struct ScalarDigamma {
  static double apply(double x) { return castalia::digamma(x); }
};
struct DigammaOfDouble {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x) {
    using G = GammaCoefficients;
    const V one = hn::Set(d, 1.0);
    const auto large = hn::Ge(x, hn::Set(d, 8.0));
    // Below 8: y lies in [1, 2); the inverses of what lies between add up to numerator /
    // denominator.
    const V bounded = hn::IfThenElse(large, one, x);
    const auto below = hn::Lt(bounded, one);
    V denominator = hn::IfThenElse(below, bounded, one);
    V numerator = hn::IfThenElse(below, hn::Set(d, -1.0), hn::Zero(d));
    V y = hn::IfThenElse(below, hn::Add(bounded, one), bounded);
    for (int step = 0; step < 6; ++step) {
      const auto above = hn::Ge(y, hn::Set(d, 2.0));
      const V less_one = hn::Sub(y, one);
      const V longer = hn::MulAdd(numerator, less_one, denominator);
      numerator = hn::IfThenElse(above, longer, numerator);
      denominator = hn::IfThenElse(above, hn::Mul(denominator, less_one), denominator);
      y = hn::IfThenElse(above, less_one, y);
    }
    const V from_root = hn::Sub(hn::Sub(y, hn::Set(d, G::kRoot)), hn::Set(d, G::kRootRest));
    const V fit = polynomial(d, hn::Sub(y, hn::Set(d, 1.5)), G::kDigamma);
    const V small = hn::MulAdd(from_root, fit, hn::Div(numerator, denominator));
    const V inverse = hn::Div(one, x);
    const V square = hn::Mul(inverse, inverse);
    const V tail = hn::MulAdd(polynomial(d, square, G::kDigammaTail), square,
                              hn::Mul(inverse, hn::Set(d, 0.5)));
    const V series = hn::Sub(log(d, x), tail);
    const auto rare = hn::Not(hn::Gt(x, hn::Zero(d)));
    return replace_rare<ScalarDigamma>(d, rare, hn::IfThenElse(large, series, small), x);
  }
};

struct ScalarPolygamma {
  static double apply(double order, double x) { return castalia::polygamma(order, x); }
};
// The vector form is for the sake of fusion only: each element is computed by itself.
struct PolygammaOfDouble {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V order, V x) {
    const auto every = hn::Eq(hn::Zero(d), hn::Zero(d));
    return replace_rare<ScalarPolygamma>(d, every, x, order, x);
  }
};

template <class D, class V = hn::Vec<D>>
HWY_INLINE V lgamma(D d, V x) {
  return in_double<LgammaOfDouble>(d, x);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V digamma(D d, V x) {
  return in_double<DigammaOfDouble>(d, x);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V polygamma(D d, V order, V x) {
  return in_double<PolygammaOfDouble>(d, order, x);
}

}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CASTALIA_CPP_RUNTIME_CPU_MATH_SPECIAL_H_
