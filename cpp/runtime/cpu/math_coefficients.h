// Constants of the vector functions in math.h, for float and double.
//
// The polynomials are Chebyshev fits computed with 60 digits; the relative error of each function
// that comes from its fit stays below 2^-26 (float) and 2^-57 (double). Coefficients start at the
// constant term.
#ifndef CASTALIA_CPP_RUNTIME_CPU_MATH_COEFFICIENTS_H_
#define CASTALIA_CPP_RUNTIME_CPU_MATH_COEFFICIENTS_H_

#include <cstdint>

namespace castalia::cpu {

template <typename T>
struct MathCoefficients;

template <>
struct MathCoefficients<float> {
  static constexpr int kMantissaBits = 23;
  static constexpr uint32_t kExponentBias = 127;
  // Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits.
  static constexpr float kRoundingMagic = 12582912.0f;
  static constexpr uint32_t kRoundingMagicBits = 0x4b400000;
  static constexpr float kTwoToMantissaBits = 8388608.0f;
  static constexpr uint32_t kOneBits = 0x3f800000;
  static constexpr uint32_t kSqrtHalfBits = 0x3f3504f3;
  static constexpr float kMaxExponent = 127.0f;
  static constexpr float kMinExponent = -126.0f;
  static constexpr float kSubnormalScaleLog2 = 25.0f;
  static constexpr float kSubnormalScale = 33554432.0f;

  // exp overflows above the first, is zero below the second; expm1 is -1 below the third.
  static constexpr float kExpHigh = 89.0f;
  static constexpr float kExpLow = -104.0f;
  static constexpr float kExpm1Low = -18.0f;
  static constexpr float kLn2High = 0x1.62e0000000000p-1f;  // 14 bits: n * kLn2High is exact
  static constexpr float kLn2Low = 0x1.0bfbe8e7bcd5ep-15f;

  // pi/2 in parts short enough that n * part is exact for |n| <= 2^13.
  static constexpr float kReductionLimit = 8192.0f;
  static constexpr float kHalfPi[4] = {0x1.92p+0f, 0x1.fb4p-12f, 0x1.444p-24f,
                                       0x1.68c234c4c6629p-39f};
  static constexpr float kHalfPiHigh = 0x1.921fb6p+0f;
  static constexpr float kHalfPiLow = -0x1.777a5cp-25f;

  // (exp(r) - 1 - r) / r^2
  static constexpr float kExp[] = {0.500000001f,   0.166666667f,   0.0416664642f,
                                   0.00833331084f, 0.00139337307f, 0.000198910805f};
  // (2 atanh(s) / s - 2) / z, z = s^2
  static constexpr float kLog[] = {0.666666851f, 0.399887577f, 0.295809859f};
  // (sin(r) - r) / r^3 and (cos(r) - 1 + z / 2) / z^2, z = r^2
  static constexpr float kSin[] = {-0.166666667f, 0.00833333187f, -0.00019840082f, 2.72493144e-06f};
  static constexpr float kCos[] = {0.0416666646f, -0.00138883007f, 2.45474375e-05f};
  // (atan(x) - x) / x^3, z = x^2
  static constexpr float kAtan[] = {-0.333333331f,   0.199999493f,  -0.142840038f, 0.110882616f,
                                    -0.0893182678f,  0.0703191425f, -0.048960514f, 0.0263050011f,
                                    -0.00914462976f, 0.00148869194f};
  // (tanh(x) - x) / x^3, z = x^2, for |x| < 0.625
  static constexpr float kTanh[] = {-0.333333332f, 0.133333036f,    -0.0539592596f,
                                    0.0217689187f, -0.00834394552f, 0.00229274482f};
  // erf(x) / x - 1, z = x^2, for |x| < 1
  static constexpr float kErf[] = {0.128379167f,   -0.376126267f,    0.112835947f,   -0.026854212f,
                                   0.00518908742f, -0.000801686429f, 7.87587506e-05f};
  // exp(x^2) erfc(x), t = (x - 2.5) / (x + 2.5), for 1 <= x <= 6
  static constexpr float kErfc[] = {0.210806362f,    -0.371736732f,  0.251713523f,
                                    -0.125033297f,   0.0399134679f,  -0.00398782218f,
                                    -0.00256196681f, 0.000827770841f};
};

template <>
struct MathCoefficients<double> {
  static constexpr int kMantissaBits = 52;
  static constexpr uint64_t kExponentBias = 1023;
  static constexpr double kRoundingMagic = 6755399441055744.0;
  static constexpr uint64_t kRoundingMagicBits = 0x4338000000000000;
  static constexpr double kTwoToMantissaBits = 4503599627370496.0;
  static constexpr uint64_t kOneBits = 0x3ff0000000000000;
  static constexpr uint64_t kSqrtHalfBits = 0x3fe6a09e667f3bcd;
  static constexpr double kMaxExponent = 1023.0;
  static constexpr double kMinExponent = -1022.0;
  static constexpr double kSubnormalScaleLog2 = 54.0;
  static constexpr double kSubnormalScale = 18014398509481984.0;

  static constexpr double kExpHigh = 710.0;
  static constexpr double kExpLow = -746.0;
  static constexpr double kExpm1Low = -38.0;
  static constexpr double kLn2High = 0x1.62e42fefa0000p-1;  // 38 bits
  static constexpr double kLn2Low = 0x1.cf79abc9e3b3ap-40;

  // Parts of 33 bits: exact for |n| <= 2^20.
  static constexpr double kReductionLimit = 1048576.0;
  static constexpr double kHalfPi[4] = {0x1.921fb544p+0, 0x1.0b4611a6p-34, 0x1.3198a2ep-69,
                                        0x1.b839a252049c1p-104};
  static constexpr double kHalfPiHigh = 0x1.921fb54442d18p+0;
  static constexpr double kHalfPiLow = 0x1.1a62633145c07p-54;

  static constexpr double kExp[] = {0.5,
                                    0.16666666666666671,
                                    0.041666666666666671,
                                    0.0083333333333260838,
                                    0.0013888888888883711,
                                    0.00019841269875002279,
                                    2.4801587325677461e-05,
                                    2.7557255170000888e-06,
                                    2.7557273478718582e-07,
                                    2.5105312729622103e-08,
                                    2.0914755325893202e-09};
  static constexpr double kLog[] = {0.66666666666666663, 0.40000000000000885, 0.28571428570799784,
                                    0.22222222392581045, 0.18181795547521137, 0.15386244737621665,
                                    0.13268638369266825, 0.13088034850927555};
  static constexpr double kSin[] = {-0.16666666666666666,    0.0083333333333333315,
                                    -0.00019841269841265017, 2.7557319219301936e-06,
                                    -2.5052106219528367e-08, 1.6058529573291737e-10,
                                    -7.5865766484052611e-13};
  static constexpr double kCos[] = {0.041666666666666664,   -0.0013888888888887382,
                                    2.480158729874308e-05,  -2.7557317260014708e-07,
                                    2.0876143829213935e-09, -1.1382456865840483e-11};
  static constexpr double kAtan[] = {
      -0.33333333333333331,   0.19999999999999554,   -0.14285714285648404,    0.11111111107234799,
      -0.090909089695574027,  0.076923053546786552,  -0.066666364357776925,   0.058820749563712943,
      -0.052612657357094542,  0.04752086773576656,   -0.04308119655330471,    0.038726402140426323,
      -0.033750132001619734,  0.027567942297344678,  -0.020238706986393514,   0.012756172907694298,
      -0.006575683344151699,  0.0026229778919060892, -0.00075184725269738216, 0.0001368724853148122,
      -1.1832505417555692e-05};
  static constexpr double kTanh[] = {
      -0.33333333333333331,   0.13333333333333042,     -0.053968253967896992,
      0.021869488519008305,   -0.0088632351032408782,  0.0035921217511549622,
      -0.0014557754120478055, 0.00058966065777570434,  -0.0002375906496055562,
      9.2571161295567687e-05, -3.1201101425797402e-05, 6.485163482793113e-06};
  static constexpr double kErf[] = {
      0.12837916709551256,     -0.37612638903183748,    0.11283791670954879,
      -0.026866170645076792,   0.0052239776248180145,   -0.000854832698083379,
      0.0001205533111164271,   -1.4925595266831182e-05, 1.6461000484121368e-06,
      -1.6350312701054695e-07, 1.4659775274047436e-08,  -1.1372848856791674e-09,
      5.9571761477489113e-11};
  static constexpr double kErfc[] = {
      0.21080636406114359,     -0.37173673394897339,    0.25171319321744928,
      -0.12503305237882378,    0.039922539075585642,    -0.0039937011662846029,
      -0.002642365964300101,   0.00087591546490290622,  0.00022838037815709953,
      -0.00012887744294332978, -3.4182219463038439e-05, 1.8617294135018403e-05,
      7.5524064708619372e-06,  -2.3149989508496808e-06, -1.8011340797288152e-06,
      1.3114092686403511e-07,  3.4265841577452851e-07};
};

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_MATH_COEFFICIENTS_H_
