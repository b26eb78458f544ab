// Elementary functions on SIMD vectors of float and double.
//
// Every function is total: it takes zeros, subnormals, infinities and NaN and returns what the C
// library would. Errors against the exact value are at most 2 ulp in float (silu: 3) and 4 ulp in
// double where the result is a normal number (math_test.cc measures them). A lane's result depends
// on that lane's argument alone. Products and sums are fused only where MulAdd says so.
//
// Include after cpp/runtime/cpu/dispatch.h and hwy/foreach_target.h; the content is compiled once
// for each instruction set.
#if defined(CASTALIA_CPP_RUNTIME_CPU_MATH_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CASTALIA_CPP_RUNTIME_CPU_MATH_H_
#undef CASTALIA_CPP_RUNTIME_CPU_MATH_H_
#else
#define CASTALIA_CPP_RUNTIME_CPU_MATH_H_
#endif

#include <cmath>
#include <limits>

#include "cpp/runtime/cpu/math_coefficients.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace castalia::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D>
using Coefficients = MathCoefficients<hn::TFromD<D>>;

// The polynomial with these coefficients, constant term first.
template <size_t I = 0, class D, class V, typename T, size_t N>
HWY_INLINE V polynomial(D d, V x, const T (&coefficients)[N]) {
  if constexpr (I + 1 == N) {
    return hn::Set(d, coefficients[I]);
  } else {
    return hn::MulAdd(polynomial<I + 1>(d, x, coefficients), x, hn::Set(d, coefficients[I]));
  }
}

// Replaces the lanes in `rare` by what the scalar functor gives for them.
template <class Scalar, class D, class M, class V, class... Arguments>
HWY_INLINE V replace_rare(D d, M rare, V result, Arguments... arguments) {
  if (HWY_LIKELY(hn::AllFalse(d, rare))) return result;
  using T = hn::TFromD<D>;
  constexpr size_t kArity = sizeof...(Arguments);
  HWY_ALIGN T in[kArity][hn::MaxLanes(d)];
  HWY_ALIGN T out[hn::MaxLanes(d)];
  HWY_ALIGN T flags[hn::MaxLanes(d)];
  size_t row = 0;
  (hn::Store(arguments, d, in[row++]), ...);
  hn::Store(result, d, out);
  hn::Store(hn::IfThenElseZero(rare, hn::Set(d, T{1})), d, flags);
  for (size_t lane = 0; lane < hn::Lanes(d); ++lane) {
    if (flags[lane] == T{0}) continue;
    if constexpr (kArity == 1) {
      out[lane] = Scalar::apply(in[0][lane]);
    } else {
      out[lane] = Scalar::apply(in[0][lane], in[1][lane]);
    }
  }
  return hn::Load(d, out);
}

// double to float as a cast does it; Highway's scalar target saturates instead of giving infinity.
template <class DF, class V>
HWY_INLINE hn::Vec<DF> demote(DF df, V x) {
#if HWY_TARGET == HWY_SCALAR
  return hn::Set(df, static_cast<float>(hn::GetLane(x)));
#else
  return hn::DemoteTo(df, x);
#endif
}

// A float function by way of double: `Function::apply(dd, x...)` on both halves.
template <class Function, class D, class V, class... More>
HWY_INLINE V through_double(D d, V x, More... more) {
#if HWY_TARGET == HWY_SCALAR
  const hn::Rebind<double, D> dd;
  return demote(d, Function::apply(dd, hn::PromoteTo(dd, x), hn::PromoteTo(dd, more)...));
#else
  const hn::Half<D> dh;
  const hn::Repartition<double, D> dd;
  const auto low = Function::apply(dd, hn::PromoteTo(dd, hn::LowerHalf(dh, x)),
                                   hn::PromoteTo(dd, hn::LowerHalf(dh, more))...);
  const auto high = Function::apply(dd, hn::PromoteTo(dd, hn::UpperHalf(dh, x)),
                                    hn::PromoteTo(dd, hn::UpperHalf(dh, more))...);
  return hn::Combine(d, demote(dh, high), demote(dh, low));
#endif
}

// ---- exponentials ----

// 2^n, where rounded = n + kRoundingMagic and n is within the exponents of normal numbers.
template <class D, class V>
HWY_INLINE V power_of_two(D d, V rounded) {
  using C = Coefficients<D>;
  const hn::RebindToUnsigned<D> du;
  using U = hn::TFromD<decltype(du)>;
  return hn::BitCast(
      d, hn::ShiftLeft<C::kMantissaBits>(
             hn::Add(hn::BitCast(du, rounded), hn::Set(du, static_cast<U>(C::kExponentBias)))));
}

// x * 2^n in two steps, so that results beyond the normal range round once.
template <class D, class V>
HWY_INLINE V scale_by_power_of_two(D d, V x, V rounded) {
  using C = Coefficients<D>;
  const V first = hn::Max(hn::Min(rounded, hn::Set(d, C::kRoundingMagic + C::kMaxExponent)),
                          hn::Set(d, C::kRoundingMagic + C::kMinExponent));
  const V second = hn::Add(hn::Sub(rounded, first), hn::Set(d, C::kRoundingMagic));
  return hn::Mul(hn::Mul(x, power_of_two(d, first)), power_of_two(d, second));
}

// exp(x) = 2^n (1 + p) with n = *rounded - kRoundingMagic and |log(1 + p)| <= log(2) / 2. The exact
// form also carries the rounding error of the reduced argument.
template <bool kExact, class D, class V>
HWY_INLINE V exp_reduced(D d, V x, V* rounded) {
  using C = Coefficients<D>;
  const V magic = hn::Set(d, C::kRoundingMagic);
  *rounded = hn::MulAdd(x, hn::Set(d, static_cast<hn::TFromD<D>>(1.4426950408889634)), magic);
  const V n = hn::Sub(*rounded, magic);
  const V ln2_low = hn::Set(d, C::kLn2Low);
  const V head = hn::NegMulAdd(n, hn::Set(d, C::kLn2High), x);  // exact
  const V r = hn::NegMulAdd(n, ln2_low, head);
  const V q = polynomial(d, r, C::kExp);
  if constexpr (kExact) {
    const V error = hn::NegMulAdd(n, ln2_low, hn::Sub(head, r));
    return hn::Add(r, hn::MulAdd(hn::Mul(r, r), q, error));
  } else {
    return hn::MulAdd(hn::Mul(r, r), q, r);
  }
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp(D d, V x) {
  using C = Coefficients<D>;
  // Comparisons with NaN are false, so NaN passes; Min and Max would lose it.
  const V high = hn::Set(d, C::kExpHigh), low = hn::Set(d, C::kExpLow);
  x = hn::IfThenElse(hn::Gt(x, high), high, hn::IfThenElse(hn::Lt(x, low), low, x));
  V rounded;
  const V p = exp_reduced<true>(d, x, &rounded);
  return scale_by_power_of_two(d, hn::Add(hn::Set(d, hn::TFromD<D>(1)), p), rounded);
}

// exp(x) for x <= 0: results below the normal numbers are zero, which saves a quarter of the work.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp_of_negative(D d, V x) {
  using C = Coefficients<D>;
  using T = hn::TFromD<D>;
  constexpr T kLowest = C::kMinExponent * T(0.6931471805599453);
  const auto tiny = hn::Lt(x, hn::Set(d, kLowest));
  x = hn::IfThenElse(tiny, hn::Set(d, kLowest), x);
  V rounded;
  const V p = exp_reduced<false>(d, x, &rounded);
  const V scale = power_of_two(d, rounded);
  return hn::IfThenElse(tiny, hn::Zero(d), hn::MulAdd(p, scale, scale));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V expm1(D d, V x) {
  using C = Coefficients<D>;
  using T = hn::TFromD<D>;
  const V high = hn::Set(d, C::kExpHigh), low = hn::Set(d, C::kExpm1Low);
  const V bounded = hn::IfThenElse(hn::Gt(x, high), high, hn::IfThenElse(hn::Lt(x, low), low, x));
  V rounded;
  const V p = exp_reduced<true>(d, bounded, &rounded);
  // 2^n (1 + p) - 1 = 2^n (p + (1 - 2^-n)); beyond n = 100 the last term is 1.
  const V magic = hn::Set(d, C::kRoundingMagic);
  const V n = hn::Min(hn::Sub(rounded, magic), hn::Set(d, T(100)));
  const V rest = hn::Sub(hn::Set(d, T(1)), power_of_two(d, hn::Sub(magic, n)));
  const V result = scale_by_power_of_two(d, hn::Add(p, rest), rounded);
  return hn::CopySign(result, x);  // keeps -0
}

// ---- logarithms ----

// Splits a positive normal x into x = 2^e m with sqrt(1/2) <= m < sqrt(2).
template <class D, class V>
HWY_INLINE V split_exponent(D d, V x, V* e) {
  using C = Coefficients<D>;
  const hn::RebindToUnsigned<D> du;
  using U = hn::TFromD<decltype(du)>;
  using T = hn::TFromD<D>;
  constexpr U kMantissaMask = (U{1} << C::kMantissaBits) - 1;
  const auto sqrt_half = hn::Set(du, static_cast<U>(C::kSqrtHalfBits));
  const auto bits =
      hn::Add(hn::BitCast(du, x), hn::Set(du, static_cast<U>(C::kOneBits - C::kSqrtHalfBits)));
  const auto m = hn::Add(hn::And(bits, hn::Set(du, kMantissaMask)), sqrt_half);
  // The biased exponent becomes a floating-point number by standing in the mantissa of 2^23 or
  // 2^52.
  const auto two = hn::BitCast(du, hn::Set(d, C::kTwoToMantissaBits));
  const V biased = hn::BitCast(d, hn::Or(hn::ShiftRight<C::kMantissaBits>(bits), two));
  *e = hn::Sub(biased, hn::Set(d, C::kTwoToMantissaBits + static_cast<T>(C::kExponentBias)));
  return hn::BitCast(d, m);
}

// e log(2) + log(1 + f) for sqrt(1/2) <= 1 + f <= sqrt(2).
template <class D, class V>
HWY_INLINE V log_reduced(D d, V f, V e) {
  using C = Coefficients<D>;
  const V s = hn::Div(f, hn::Add(hn::Set(d, hn::TFromD<D>(2)), f));
  const V z = hn::Mul(s, s);
  // log(1 + f) = 2 atanh(s) = f - s (f - z P(z))
  const V inner = hn::NegMulAdd(z, polynomial(d, z, C::kLog), f);
  const V tail = hn::NegMulAdd(e, hn::Set(d, C::kLn2Low), hn::Mul(s, inner));
  return hn::MulAdd(e, hn::Set(d, C::kLn2High), hn::Sub(f, tail));
}

// log(x) for a positive normal x.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V log_of_normal(D d, V x) {
  V e;
  const V m = split_exponent(d, x, &e);
  return log_reduced(d, hn::Sub(m, hn::Set(d, hn::TFromD<D>(1))), e);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V log(D d, V x) {
  using C = Coefficients<D>;
  using T = hn::TFromD<D>;
  using Limits = std::numeric_limits<T>;
  const auto subnormal = hn::Lt(x, hn::Set(d, Limits::min()));
  V e;
  const V m = split_exponent(
      d, hn::IfThenElse(subnormal, hn::Mul(x, hn::Set(d, C::kSubnormalScale)), x), &e);
  e = hn::Sub(e, hn::IfThenElseZero(subnormal, hn::Set(d, C::kSubnormalScaleLog2)));
  V result = log_reduced(d, hn::Sub(m, hn::Set(d, T(1))), e);
  result = hn::IfThenElse(hn::Lt(x, hn::Set(d, Limits::infinity())), result, x);  // inf and NaN
  result = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Set(d, -Limits::infinity()), result);
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Set(d, Limits::quiet_NaN()), result);
}

// log(1 + x) for finite x > -1, without the sign of zero.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V log1p_of_finite(D d, V x) {
  using C = Coefficients<D>;
  const V one = hn::Set(d, hn::TFromD<D>(1));
  // 1 + x = u + c exactly.
  const V u = hn::Add(one, x);
  const V x_part = hn::Sub(u, one);
  const V c = hn::Add(hn::Sub(one, hn::Sub(u, x_part)), hn::Sub(x, x_part));
  V e;
  const V m = split_exponent(d, u, &e);
  // The correction matters only while 2^-e is a normal number.
  const V magic = hn::Set(d, C::kRoundingMagic);
  const V n = hn::Min(e, hn::Set(d, hn::TFromD<D>(100)));
  const V f = hn::MulAdd(c, power_of_two(d, hn::Sub(magic, n)), hn::Sub(m, one));
  return log_reduced(d, f, e);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V log1p(D d, V x) {
  using T = hn::TFromD<D>;
  using Limits = std::numeric_limits<T>;
  const V minus_one = hn::Set(d, T(-1));
  V result = hn::CopySign(log1p_of_finite(d, x), x);
  result = hn::IfThenElse(hn::Lt(x, hn::Set(d, Limits::infinity())), result, x);
  result = hn::IfThenElse(hn::Eq(x, minus_one), hn::Set(d, -Limits::infinity()), result);
  return hn::IfThenElse(hn::Lt(x, minus_one), hn::Set(d, Limits::quiet_NaN()), result);
}

// ---- saturating functions ----

template <class D, class V = hn::Vec<D>>
HWY_INLINE V tanh(D d, V x) {
  using C = Coefficients<D>;
  using T = hn::TFromD<D>;
  const V a = hn::Abs(x);
  const V z = hn::Mul(x, x);
  const V small = hn::MulAdd(hn::Mul(x, z), polynomial(d, z, C::kTanh), x);
  // 1 - 2 / (exp(2 a) + 1) = 1 - 2 w / (1 + w), w = exp(-2 a)
  const V w = exp_of_negative(d, hn::Mul(hn::Set(d, T(-2)), a));
  const V one = hn::Set(d, T(1));
  const V large = hn::Sub(one, hn::Div(hn::Add(w, w), hn::Add(one, w)));
  const V result = hn::IfThenElse(hn::Lt(a, hn::Set(d, T(0.625))), small, large);
  return hn::IfThenElse(hn::IsNaN(x), x, hn::CopySign(result, x));
}

// 1 / (1 + exp(-x))
template <class D, class V = hn::Vec<D>>
HWY_INLINE V sigmoid(D d, V x) {
  const V one = hn::Set(d, hn::TFromD<D>(1));
  const V e = exp(d, hn::Neg(hn::Abs(x)));
  // 1 - w on the right and e (1 - w) on the left, w = e / (1 + e): the rounding of 1 + e hardly
  // counts.
  const V w = hn::Div(e, hn::Add(one, e));
  const V base = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one);
  return hn::NegMulAdd(base, w, base);
}

// x / (1 + exp(-x)), for finite x; zero where the exponential is no normal number.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V silu(D d, V x) {
  const V e = exp_of_negative(d, hn::Neg(hn::Abs(x)));
  const V numerator = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(x, e), x);
  return hn::Div(numerator, hn::Add(hn::Set(d, hn::TFromD<D>(1)), e));
}

// Its derivative, s (1 + x (1 - s)) with s = 1 / (1 + exp(-x)).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V silu_derivative(D d, V x) {
  const V one = hn::Set(d, hn::TFromD<D>(1));
  const V e = exp_of_negative(d, hn::Neg(hn::Abs(x)));
  const V larger = hn::Div(one, hn::Add(one, e));  // of s and 1 - s
  const V smaller = hn::Mul(e, larger);
  const V s = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), smaller, larger);
  return hn::MulAdd(hn::Mul(x, larger), smaller, s);
}

// log(1 + exp(x))
template <class D, class V = hn::Vec<D>>
HWY_INLINE V softplus(D d, V x) {
  const V e = exp(d, hn::Neg(hn::Abs(x)));
  const V positive = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Zero(d), x);
  return hn::Add(positive, log1p_of_finite(d, e));
}

// ---- error function ----

template <class D, class V = hn::Vec<D>>
HWY_INLINE V erf(D d, V x) {
  using C = Coefficients<D>;
  using T = hn::TFromD<D>;
  const V a = hn::Min(hn::Abs(x), hn::Set(d, T(6)));
  const V z = hn::Mul(a, a);
  const V small = hn::MulAdd(x, polynomial(d, z, C::kErf), x);
  const V centre = hn::Set(d, T(2.5));
  const V t = hn::Div(hn::Sub(a, centre), hn::Add(a, centre));
  const V complement = hn::Mul(exp_of_negative(d, hn::Neg(z)), polynomial(d, t, C::kErfc));
  const V large = hn::CopySign(hn::Sub(hn::Set(d, T(1)), complement), x);
  const V result = hn::IfThenElse(hn::Lt(a, hn::Set(d, T(1))), small, large);
  return hn::IfThenElse(hn::IsNaN(x), x, result);
}

// ---- trigonometric functions ----

// x - n pi/2 for |x| <= kReductionLimit; *rounded = n + kRoundingMagic.
template <class D, class V>
HWY_INLINE V reduce_angle(D d, V x, V* rounded) {
  using C = Coefficients<D>;
  const V magic = hn::Set(d, C::kRoundingMagic);
  *rounded = hn::MulAdd(x, hn::Set(d, static_cast<hn::TFromD<D>>(0.6366197723675814)), magic);
  const V n = hn::Sub(*rounded, magic);
  V r = x;
  for (const auto part : C::kHalfPi) r = hn::NegMulAdd(n, hn::Set(d, part), r);
  return r;
}

template <class D, class V>
HWY_INLINE V sin_reduced(D d, V r) {
  const V z = hn::Mul(r, r);
  return hn::MulAdd(hn::Mul(r, z), polynomial(d, z, Coefficients<D>::kSin), r);
}

template <class D, class V>
HWY_INLINE V cos_reduced(D d, V r) {
  using T = hn::TFromD<D>;
  const V z = hn::Mul(r, r);
  const V half_z = hn::Mul(hn::Set(d, T(0.5)), z);
  const V one = hn::Set(d, T(1));
  const V head = hn::Sub(one, half_z);
  const V head_error = hn::Sub(hn::Sub(one, head), half_z);
  return hn::Add(head,
                 hn::MulAdd(hn::Mul(z, z), polynomial(d, z, Coefficients<D>::kCos), head_error));
}

// True in lanes where bit `Bit` of the integer in `rounded` is set.
template <int Bit, class D, class V>
HWY_INLINE hn::Mask<D> has_bit(D d, V rounded) {
  const hn::RebindToUnsigned<D> du;
  using U = hn::TFromD<decltype(du)>;
  return hn::RebindMask(d, hn::TestBit(hn::BitCast(du, rounded), hn::Set(du, U{1} << Bit)));
}

struct ScalarSin {
  template <typename T>
  static T apply(T x) {
    return std::sin(x);
  }
};
struct ScalarCos {
  template <typename T>
  static T apply(T x) {
    return std::cos(x);
  }
};
struct ScalarTan {
  template <typename T>
  static T apply(T x) {
    return std::tan(x);
  }
};

template <class D, class V>
HWY_INLINE hn::Mask<D> beyond_reduction(D d, V x) {
  return hn::Not(hn::Le(hn::Abs(x), hn::Set(d, Coefficients<D>::kReductionLimit)));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V sin(D d, V x) {
  V rounded;
  const V r = reduce_angle(d, x, &rounded);
  V result = hn::IfThenElse(has_bit<0>(d, rounded), cos_reduced(d, r), sin_reduced(d, r));
  result = hn::IfThenElse(has_bit<1>(d, rounded), hn::Neg(result), result);
  result = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), x, result);  // keeps -0
  return replace_rare<ScalarSin>(d, beyond_reduction(d, x), result, x);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V cos(D d, V x) {
  V rounded;
  const V r = reduce_angle(d, x, &rounded);
  V result = hn::IfThenElse(has_bit<0>(d, rounded), sin_reduced(d, r), cos_reduced(d, r));
  // cos is negative in quadrants 1 and 2.
  const auto negative = hn::Xor(has_bit<0>(d, rounded), has_bit<1>(d, rounded));
  result = hn::IfThenElse(negative, hn::Neg(result), result);
  return replace_rare<ScalarCos>(d, beyond_reduction(d, x), result, x);
}

struct TanOfDouble {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x) {
    V rounded;
    const V r = reduce_angle(d, x, &rounded);
    const V s = sin_reduced(d, r), c = cos_reduced(d, r);
    const auto odd = has_bit<0>(d, rounded);
    V result = hn::Div(hn::IfThenElse(odd, hn::Neg(c), s), hn::IfThenElse(odd, s, c));
    result = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), x, result);
    return replace_rare<ScalarTan>(d, beyond_reduction(d, x), result, x);
  }
};

template <class D, class V = hn::Vec<D>>
HWY_INLINE V tan(D d, V x) {
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    return through_double<TanOfDouble>(d, x);
  } else {
    return TanOfDouble::apply(d, x);
  }
}

// atan(x) for 0 <= x <= 1.
template <class D, class V>
HWY_INLINE V atan_reduced(D d, V x) {
  const V z = hn::Mul(x, x);
  return hn::MulAdd(hn::Mul(x, z), polynomial(d, z, Coefficients<D>::kAtan), x);
}

// pi/2 - x
template <class D, class V>
HWY_INLINE V from_half_pi(D d, V x) {
  using C = Coefficients<D>;
  return hn::Add(hn::Sub(hn::Set(d, C::kHalfPiHigh), x), hn::Set(d, C::kHalfPiLow));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V atan(D d, V x) {
  const V one = hn::Set(d, hn::TFromD<D>(1));
  const V a = hn::Abs(x);
  const auto large = hn::Gt(a, one);
  const V reduced = atan_reduced(d, hn::IfThenElse(large, hn::Div(one, a), a));
  return hn::CopySign(hn::IfThenElse(large, from_half_pi(d, reduced), reduced), x);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V atan2(D d, V y, V x) {
  using C = Coefficients<D>;
  using T = hn::TFromD<D>;
  const V ax = hn::Abs(x), ay = hn::Abs(y);
  const auto steep = hn::Gt(ay, ax);
  const V small = hn::IfThenElse(steep, ax, ay), large = hn::IfThenElse(steep, ay, ax);
  // 0 / 0 counts as 0 and inf / inf as 1.
  V q = hn::Div(small, large);
  q = hn::IfThenElse(hn::Eq(small, large), hn::Set(d, T(1)), q);
  q = hn::IfThenElse(hn::Eq(large, hn::Zero(d)), hn::Zero(d), q);
  V angle = atan_reduced(d, q);
  angle = hn::IfThenElse(steep, from_half_pi(d, angle), angle);
  // pi - angle on the left, which -0 belongs to.
  const hn::RebindToUnsigned<D> du;
  using U = hn::TFromD<decltype(du)>;
  const auto left =
      hn::RebindMask(d, hn::TestBit(hn::BitCast(du, x), hn::Set(du, U{1} << (sizeof(T) * 8 - 1))));
  const V mirrored =
      hn::Add(hn::Sub(hn::Set(d, T(2) * C::kHalfPiHigh), angle), hn::Set(d, T(2) * C::kHalfPiLow));
  angle = hn::CopySign(hn::IfThenElse(left, mirrored, angle), y);
  const auto nan = hn::Or(hn::IsNaN(x), hn::IsNaN(y));
  return hn::IfThenElse(nan, hn::Set(d, std::numeric_limits<T>::quiet_NaN()), angle);
}

// ---- powers ----

struct ScalarPow {
  template <typename T>
  static T apply(T x, T exponent) {
    return std::pow(x, exponent);
  }
};
struct PowOfDouble {
  template <class D, class V>
  static HWY_INLINE V apply(D d, V x, V exponent) {
    return exp(d, hn::Mul(exponent, log_of_normal(d, x)));
  }
};

// x^exponent. Float goes through double for positive normal x; all else, and double, whose rounding
// the short way would not survive, asks the C library.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V pow(D d, V x, V exponent) {
  using T = hn::TFromD<D>;
  using Limits = std::numeric_limits<T>;
  if constexpr (sizeof(T) == 4) {
    const V largest = hn::Set(d, Limits::max());
    const auto usual = hn::And(hn::And(hn::Ge(x, hn::Set(d, Limits::min())), hn::Le(x, largest)),
                               hn::Le(hn::Abs(exponent), largest));
    return replace_rare<ScalarPow>(d, hn::Not(usual), through_double<PowOfDouble>(d, x, exponent),
                                   x, exponent);
  } else {
    const auto every = hn::Eq(hn::Zero(d), hn::Zero(d));
    return replace_rare<ScalarPow>(d, every, x, x, exponent);
  }
}

}  // namespace castalia::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CASTALIA_CPP_RUNTIME_CPU_MATH_H_
