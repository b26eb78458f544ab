#include "cpp/base/special_functions.h"

#include <math.h>  // lgamma_r is of POSIX, not of C++

#include <cmath>
#include <limits>
#include <numbers>

namespace castalia {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// The Bernoulli numbers B_2, B_4, ..., over (2k)!.
constexpr double kBernoulli[] = {1.0 / 12.0,
                                 -1.0 / 720.0,
                                 1.0 / 30240.0,
                                 -1.0 / 1209600.0,
                                 1.0 / 47900160.0,
                                 -691.0 / 1307674368000.0,
                                 1.0 / 74724249600.0,
                                 -3617.0 / 10670622842880000.0,
                                 43867.0 / 5109094217170944000.0};

bool is_whole(double x) { return x == std::floor(x); }

// The argument is reduced first: to the distance from the nearest pole or root.
double cotangent_of_pi_times(double x) {
  const double from_pole = x - std::nearbyint(x);
  if (std::abs(from_pole) <= 0.25) return 1 / std::tan(std::numbers::pi * from_pole);
  const double from_root = std::copysign(0.5, from_pole) - from_pole;
  return std::tan(std::numbers::pi * from_root);
}

// q^-s for a whole s > 0.
double inverse_power(double q, int s) {
  double result = 1;
  for (double factor = 1 / q; s > 0; s /= 2, factor *= factor) {
    if (s % 2 == 1) result *= factor;
  }
  return result;
}

// Hurwitz's zeta function, the sum over k >= 0 of (q + k)^-s, for q > 0 and a whole s > 1: its
// first terms, and Euler and Maclaurin's formula for the rest.
double zeta(int s, double q) {
  if (q == kInfinity) return 0;
  double sum = 0;
  while (q < 10 + 0.5 * s) {
    sum += inverse_power(q, s);
    q += 1;
  }
  const double power = inverse_power(q, s);
  double tail = q / (s - 1) + 0.5;
  double factor = s / q;
  for (int k = 0; k < 9; ++k) {
    tail += kBernoulli[k] * factor;
    factor *= (s + 2 * k + 1) / q * ((s + 2 * k + 2) / q);
  }
  return sum + power * tail;
}

}  // namespace

double log_gamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

float log_gamma(float x) {
  int sign = 0;
  return ::lgammaf_r(x, &sign);
}

double digamma(double x) {
  if (x == 0) return std::copysign(kInfinity, -x);
  if (x < 0) {
    if (is_whole(x)) return kNaN;  // -inf too
    return digamma(1 - x) - std::numbers::pi * cotangent_of_pi_times(x);
  }
  if (x == kInfinity) return x;
  // In long double: near the root large terms cancel.
  long double shift = 0;
  long double q = x;
  for (; q < 10; q += 1) shift += 1 / q;
  // log(q) - 1 / (2 q) - sum of B_2k / (2k q^2k)
  long double tail = 0.5L / q;
  long double factor = 1 / (q * q);  // (2k - 1)! / q^2k
  for (int k = 0; k < 9; ++k) {
    tail += kBernoulli[k] * factor;
    factor *= (2 * k + 2) / q * ((2 * k + 3) / q);
  }
  return static_cast<double>(std::log(q) - tail - shift);
}

double polygamma(double order, double x) {
  if (!(order >= 0 && order <= 170 && is_whole(order)) || std::isnan(x)) return kNaN;
  if (order == 0) return digamma(x);
  const int s = static_cast<int>(order) + 1;
  const bool odd = s % 2 == 0;
  double sum;
  if (x > 0) {
    sum = zeta(s, x);
  } else if (is_whole(x)) {
    return odd && x != -kInfinity ? kInfinity : kNaN;
  } else {
    // The terms over all whole k, less those with k < 0.
    const double above = x - std::floor(x);
    const double below = std::ceil(x) - x;
    const double mirrored = zeta(s, below) - zeta(s, 1 - x);
    sum = zeta(s, above) + (odd ? mirrored : -mirrored);
  }
  const double scaled = std::tgamma(order + 1) * sum;
  return odd ? scaled : -scaled;
}

}  // namespace castalia
