// The standard normal quantile: Wichura, algorithm AS 241, routine PPND16, Applied Statistics 37,
// 1988. A quotient of two polynomials of degree 7 in each of three regions, by Horner's rule in
// fused multiply-adds, so that every processor and device gives the same bits.
#ifndef CASTALIA_CPP_BASE_NORMAL_QUANTILE_H_
#define CASTALIA_CPP_BASE_NORMAL_QUANTILE_H_

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "cpp/base/anywhere.h"

namespace castalia {

// Coefficients, highest power first.
using NormalCoefficients = std::array<double, 8>;

// Where |q| <= 0.425, q = u - 1/2: the quantile is q times the quotient at 0.180625 - q^2.
CASTALIA_ANYWHERE constexpr NormalCoefficients normal_centre_numerator() {
  return {2.5090809287301226727e+3, 3.3430575583588128105e+4, 6.7265770927008700853e+4,
          4.5921953931549871457e+4, 1.3731693765509461125e+4, 1.9715909503065514427e+3,
          1.3314166789178437745e+2, 3.3871328727963666080e+0};
}
CASTALIA_ANYWHERE constexpr NormalCoefficients normal_centre_denominator() {
  return {5.2264952788528545610e+3, 2.8729085735721942674e+4,
          3.9307895800092710610e+4, 2.1213794301586595867e+4,
          5.3941960214247511077e+3, 6.8718700749205790830e+2,
          4.2313330701600911252e+1, 1.0};
}

// Elsewhere, where r <= 5, r the root of -log(min(u, 1 - u)): its magnitude is the quotient at r
// - 1.6.
CASTALIA_ANYWHERE constexpr NormalCoefficients normal_tail_numerator() {
  return {7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
          1.27045825245236838258e+0, 3.64784832476320460504e+0, 5.76949722146069140550e+0,
          4.63033784615654529590e+0, 1.42343711074968357734e+0};
}
CASTALIA_ANYWHERE constexpr NormalCoefficients normal_tail_denominator() {
  return {1.05075007164441684324e-9, 5.47593808499534494600e-4,
          1.51986665636164571966e-2, 1.48103976427480074590e-1,
          6.89767334985100004550e-1, 1.67638483018380384940e+0,
          2.05319162663775882187e+0, 1.0};
}

// Beyond: at r - 5.
CASTALIA_ANYWHERE constexpr NormalCoefficients normal_far_numerator() {
  return {2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
          2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e+0,
          5.46378491116411436990e+0, 6.65790464350110377720e+0};
}
CASTALIA_ANYWHERE constexpr NormalCoefficients normal_far_denominator() {
  return {2.04426310338993978564e-15, 1.42151175831644588870e-7,
          1.84631831751005468180e-5,  7.86869131145613259100e-4,
          1.48753612908506148525e-2,  1.36929880922735805310e-1,
          5.99832206555887937690e-1,  1.0};
}

CASTALIA_ANYWHERE inline double normal_quotient(const NormalCoefficients& numerator,
                                                const NormalCoefficients& denominator, double x) {
  double above = numerator[0];
  double below = denominator[0];
  for (size_t i = 1; i < numerator.size(); ++i) {
    above = std::fma(above, x, numerator[i]);
    below = std::fma(below, x, denominator[i]);
  }
  return above / below;
}

// r of a tail in (0, 1/2]. The logarithm is spelled out, because those of the libraries differ in
// the last bit: tail = 2^e m with m in [sqrt(1/2), sqrt(2)), and with f = m - 1 and s = f / (2 + f)
// log(m) = 2 atanh(s) = f - s (f - z P(z)), z = s^2, P as in FDLIBM (Sun Microsystems, 1993).
CASTALIA_ANYWHERE inline double normal_tail_root(double tail) {
  double e = 0;
  if (tail < std::numeric_limits<double>::min()) {
    tail *= 0x1p54;
    e = -54;
  }
  constexpr uint64_t kRootOfHalf = 0x3fe6a09e667f3bcd;
  const auto bits = std::bit_cast<uint64_t>(tail);
  const uint64_t power = (bits - kRootOfHalf) & 0xfff0000000000000;
  e += static_cast<double>(static_cast<int64_t>(power) >> 52);
  const double f = std::bit_cast<double>(bits - power) - 1.0;
  const double s = f / (2.0 + f);
  const double z = s * s;
  double p = 1.479819860511658591e-01;
  p = std::fma(p, z, 1.531383769920937332e-01);
  p = std::fma(p, z, 1.818357216161805012e-01);
  p = std::fma(p, z, 2.222219843214978396e-01);
  p = std::fma(p, z, 2.857142874366239149e-01);
  p = std::fma(p, z, 3.999999999940941908e-01);
  p = std::fma(p, z, 6.666666666666735130e-01);
  const double log_m = std::fma(-s, std::fma(-z, p, f), f);
  constexpr double kLn2High = 0x1.62e42fefa0000p-1;  // 38 bits: its product with e is exact
  constexpr double kLn2Low = 0x1.cf79abc9e3b3ap-40;
  return std::sqrt(-std::fma(e, kLn2High, std::fma(e, kLn2Low, log_m)));
}

// The quantile of u in (0, 1), relative error below 1e-15. Gives -inf and inf at 0 and 1, NaN
// outside. Reentrant.
CASTALIA_ANYWHERE inline double normal_quantile(double u) {
  const double q = u - 0.5;
  if (std::abs(q) <= 0.425) {
    return q * normal_quotient(normal_centre_numerator(), normal_centre_denominator(),
                               std::fma(-q, q, 0.180625));
  }
  const double tail = q < 0 ? u : 1.0 - u;
  if (!(tail > 0)) {
    if (tail == 0) return std::copysign(std::numeric_limits<double>::infinity(), q);
    return std::numeric_limits<double>::quiet_NaN();
  }
  const double r = normal_tail_root(tail);
  const double magnitude =
      r <= 5.0 ? normal_quotient(normal_tail_numerator(), normal_tail_denominator(), r - 1.6)
               : normal_quotient(normal_far_numerator(), normal_far_denominator(), r - 5.0);
  return std::copysign(magnitude, q);
}

}  // namespace castalia

#endif  // CASTALIA_CPP_BASE_NORMAL_QUANTILE_H_
