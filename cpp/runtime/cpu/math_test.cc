// The vector functions against the C library in long double, for each instruction set that this
// machine has. Reached through the tile functions, which add nothing to them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "cpp/base/dtype.h"
#include "cpp/runtime/cpu/elementwise.h"
#include "cpp/runtime/cpu/targets_for_test.h"

namespace castalia::cpu {
namespace {

using Reference = long double (*)(long double);

long double sigmoid_reference(long double x) { return 1 / (1 + std::exp(-x)); }
long double softplus_reference(long double x) {
  return std::max(x, 0.0L) + std::log1p(std::exp(-std::abs(x)));
}

long double silu_reference(long double x) { return x / (1 + std::exp(-x)); }
long double gelu_reference(long double x) {
  return x / 2 * std::erfc(-x / std::numbers::sqrt2_v<long double>);
}

// Near its root: a Taylor series, about the root to more digits than a long double has.
long double digamma_near_root(long double x) {
  const long double from_root =
      x - static_cast<long double>(0x1.762d86356be3fp+0) + -9.549995429965697715184e-17L;
  const long double taylor[] = {0.9676722454476211704274L,  -0.4427631689835921060929L,
                                0.2584997609556510106244L,  -0.1639427054424065275043L,
                                0.1078240506912623657572L,  -0.07219956125645471092612L,
                                0.04880428816414310722509L, -0.03316112647484735929226L,
                                0.02259764823221810465962L, -0.0154247659049489591388L};
  long double sum = 0;
  for (int k = 9; k >= 0; --k) sum = (sum + taylor[k]) * from_root;
  return sum;
}

// Recurrence up to where the asymptotic series is exact, and reflection.
long double digamma_reference(long double x) {
  if (x == 0) return std::copysign(HUGE_VALL, -x);
  if (x < 0) {
    if (x == std::floor(x)) return NAN;
    const long double pi = std::numbers::pi_v<long double>;
    return digamma_reference(1 - x) - pi / std::tan(pi * (x - std::nearbyint(x)));
  }
  if (std::abs(x - 1.46163L) < 0.01L) return digamma_near_root(x);
  long double shift = 0;
  for (; x < 30; x += 1) shift += 1 / x;
  if (std::isinf(x)) return x;
  const long double z = 1 / (x * x);
  const long double series =
      z *
      (1 / 12.0L - z * (1 / 120.0L -
                        z * (1 / 252.0L -
                             z * (1 / 240.0L - z * (1 / 132.0L - z * (691 / 32760.0L - z / 12))))));
  return std::log(x) - 0.5L / x - series - shift;
}

struct Domain {
  const char* operation;
  Reference reference;
  double low, high;  // of |x| on a logarithmic scale if low > 0, of x on a linear one otherwise
  bool negative_too;
  double ulp = 0;         // allowed, where it is more than usual
  bool vanishes = false;  // what is hardly a normal number may be zero
};

constexpr double kTiny = 0, kHuge = -1;  // the smallest and largest normal numbers of the type
const Domain kDomains[] = {
    {"exp", std::exp, 1e-8, 87, true},
    {"exp", std::exp, 80, 1000, true},
    {"expm1", std::expm1, kTiny, 87, true},
    {"expm1", std::expm1, 0.1, 5, true},
    {"expm1", std::expm1, 80, 1000, true},
    {"log", std::log, kTiny, kHuge, false},
    {"log", std::log, 0.5, 2, false},
    {"log1p", std::log1p, kTiny, 0.999, true},
    {"log1p", std::log1p, 0.1, 10, false},
    {"log1p", std::log1p, kTiny, kHuge, false},
    {"tanh", std::tanh, kTiny, 30, true},
    {"tanh", std::tanh, 0.1, 4, true},
    {"sigmoid", sigmoid_reference, 1e-8, 800, true},
    {"sigmoid", sigmoid_reference, 0.1, 10, true},
    {"silu", silu_reference, 1e-8, 800, true, 3, true},
    {"silu", silu_reference, 0.1, 10, true, 3, true},
    {"gelu", gelu_reference, 1e-8, 1, true, 5, true},
    {"gelu", gelu_reference, 0.1, 80, false, 5, true},
    {"softplus", softplus_reference, 1e-8, 800, true},
    {"softplus", softplus_reference, 0.1, 10, true},
    {"erf", std::erf, kTiny, 10, true},
    {"erf", std::erf, 0.2, 4, true},
    {"sin", std::sin, kTiny, 3, true},
    {"sin", std::sin, 1, 8000, true},
    {"sin", std::sin, 1, 1e6, true},
    {"cos", std::cos, 1e-6, 3, true},
    {"cos", std::cos, 1, 1e6, true},
    {"tan", std::tan, kTiny, 3, true},
    {"tan", std::tan, 1, 1e6, true},
    {"atan", std::atan, kTiny, kHuge, true},
    {"atan", std::atan, 0.1, 10, true},
    {"asin", std::asin, kTiny, 1, true},
    {"asin", std::asin, 0.1, 1, true},
    {"acos", std::acos, kTiny, 1, true},
    {"acos", std::acos, 0.9, 1, true},
    {"sinh", std::sinh, kTiny, 85, true},
    {"sinh", std::sinh, 0.1, 30, true},
    {"sinh", std::sinh, 80, 1000, true},
    {"cosh", std::cosh, kTiny, 85, true},
    {"cosh", std::cosh, 80, 1000, true},
    {"asinh", std::asinh, kTiny, kHuge, true},
    {"asinh", std::asinh, 0.01, 100, true},
    {"atanh", std::atanh, kTiny, 0.9, true},
    {"atanh", std::atanh, 0.1, 1, true},
    {"erfc", std::erfc, kTiny, 10, true, 5},
    {"erfc", std::erfc, 0.2, 9, true, 5},
    {"erfc", std::erfc, 5, 30, true, 5},
    {"lgamma", std::lgamma, kTiny, kHuge, false},
    {"lgamma", std::lgamma, 0.3, 12, false},
    {"lgamma", std::lgamma, 0.9, 2.1, false},
    {"digamma", digamma_reference, kTiny, kHuge, false},
    {"digamma", digamma_reference, 0.3, 12, false},
    {"digamma", digamma_reference, 1.4, 1.5, false},
};

// The distance of `got` from `exact` in units of the last place of T.
template <typename T>
double ulps(T got, long double exact) {
  const T rounded = static_cast<T>(exact);
  if (std::isnan(exact)) return std::isnan(got) ? 0 : HUGE_VAL;
  if (std::isinf(rounded) || rounded == 0) {
    if (got == rounded) return std::signbit(got) == std::signbit(rounded) ? 0 : HUGE_VAL;
  }
  if (!std::isfinite(got)) return HUGE_VAL;
  int exponent = 0;
  std::frexp(std::abs(std::isinf(rounded) ? std::numeric_limits<T>::max() : rounded), &exponent);
  exponent = std::max(exponent, std::numeric_limits<T>::min_exponent);
  const long double unit = std::ldexp(1.0L, exponent - std::numeric_limits<T>::digits);
  return static_cast<double>(std::abs(static_cast<long double>(got) - exact) / unit);
}

template <typename T>
double error_of(const Domain& domain, T x, T got) {
  const long double exact = domain.reference(x);
  if (domain.vanishes && got == 0 && std::abs(exact) < 1024 * std::numeric_limits<T>::min()) {
    return 0;
  }
  return ulps<T>(got, exact);
}

template <typename T>
std::vector<T> samples(const Domain& domain, size_t count) {
  std::mt19937_64 random(1);
  const double low = domain.low == kTiny ? std::numeric_limits<T>::min() : domain.low;
  const double high = domain.high == kHuge ? std::numeric_limits<T>::max() : domain.high;
  std::uniform_real_distribution<double> logarithm(std::log(low), std::log(high));
  std::vector<T> x(count + 16);
  for (T& value : x) {
    value = static_cast<T>(std::exp(logarithm(random)));
    if (domain.negative_too && random() % 2 == 0) value = -value;
  }
  return x;
}

template <typename T>
void expect_accurate(double allowed) {
  const size_t count = 40000;
  std::vector<T> y(count + 16);
  for (const Domain& domain : kDomains) {
    const std::vector<T> x = samples<T>(domain, count);
    const void* in[] = {x.data()};
    tile_function(domain.operation, dtype_of<T>())(in, y.data(), count);
    double worst = 0;
    T where = 0;
    for (size_t i = 0; i < count; ++i) {
      const double error = error_of<T>(domain, x[i], y[i]);
      if (error > worst) worst = error, where = x[i];
    }
    EXPECT_LE(worst, std::max(allowed, domain.ulp))
        << domain.operation << " " << name(dtype_of<T>()) << " at " << where;
    std::printf("  %-9s %s |x| in [%g, %g]: at most %.2f ulp\n", domain.operation,
                name(dtype_of<T>()), domain.low, domain.high, worst);
  }
}

template <typename T>
std::vector<T> special_values() {
  using Limits = std::numeric_limits<T>;
  std::vector<T> values = {T(0),
                           T(1),
                           T(0.5),
                           T(2),
                           T(3),
                           T(100),
                           T(1000),
                           T(1e7),
                           T(3e10),
                           Limits::max(),
                           Limits::min(),
                           Limits::denorm_min(),
                           Limits::min() / 2,
                           Limits::epsilon(),
                           Limits::infinity(),
                           Limits::quiet_NaN()};
  for (size_t i = 0, count = values.size(); i < count; ++i) values.push_back(-values[i]);
  return values;
}

template <typename T>
void expect_total(double allowed) {
  std::vector<T> x = special_values<T>();
  const size_t count = x.size();
  x.resize(count + 16);
  std::vector<T> y(count + 16);
  for (const Domain& domain : kDomains) {
    const void* in[] = {x.data()};
    tile_function(domain.operation, dtype_of<T>())(in, y.data(), count);
    for (size_t i = 0; i < count; ++i) {
      EXPECT_LE(error_of<T>(domain, x[i], y[i]), std::max(allowed, domain.ulp))
          << domain.operation << " " << name(dtype_of<T>()) << " (" << x[i] << ") = " << y[i];
    }
  }
}

template <typename T>
void expect_binary(const char* operation, long double (*reference)(long double, long double),
                   double allowed) {
  std::vector<T> values = special_values<T>();
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> uniform(-9, 9);
  for (int i = 0; i < 150; ++i) values.push_back(static_cast<T>(uniform(random)));
  std::vector<T> a, b;
  for (T u : values) {
    for (T v : values) {
      a.push_back(u);
      b.push_back(v);
    }
  }
  const size_t count = a.size();
  a.resize(count + 16);
  b.resize(count + 16);
  std::vector<T> y(count + 16);
  const void* in[] = {a.data(), b.data()};
  tile_function(operation, dtype_of<T>())(in, y.data(), count);
  for (size_t i = 0; i < count; ++i) {
    ASSERT_LE(ulps<T>(y[i], reference(a[i], b[i])), allowed)
        << operation << " " << name(dtype_of<T>()) << " (" << a[i] << ", " << b[i]
        << ") = " << y[i];
  }
}

class MathTest : public EachTarget {};

TEST_P(MathTest, FloatIsAccurate) { expect_accurate<float>(2.0); }
TEST_P(MathTest, DoubleIsAccurate) { expect_accurate<double>(4.0); }

TEST_P(MathTest, TakesEveryInput) {
  expect_total<float>(2.0);
  expect_total<double>(4.0);
}

TEST_P(MathTest, TwoArguments) {
  expect_binary<float>("atan2", std::atan2, 2.0);
  expect_binary<double>("atan2", std::atan2, 4.0);
  expect_binary<float>("pow", std::pow, 1.0);
  expect_binary<double>("pow", std::pow, 1.0);
}

INSTANTIATE_TEST_SUITE_P(Targets, MathTest, testing::ValuesIn(targets_here()), target_label);

}  // namespace
}  // namespace castalia::cpu
