// Element-wise operations as functions of one element each: op_NAME, by the names of
// cpp/runtime/cpu/elementwise.h. The text of this file stands before the source of every fused
// kernel that is compiled on a user's machine, and is compiled for the host to be tested there. So
// it includes nothing of ours.
#ifndef CASTALIA_ANYWHERE
#define CASTALIA_ANYWHERE __device__
#endif

namespace castalia_elementwise {

template <typename T>
struct Numbers;
template <>
struct Numbers<float> {
  static CASTALIA_ANYWHERE float infinity() { return 1.0f / 0.0f; }
};
template <>
struct Numbers<double> {
  static CASTALIA_ANYWHERE double infinity() { return 1.0 / 0.0; }
};

template <typename T>
CASTALIA_ANYWHERE bool is_nan(T x) {
  return x != x;
}
template <typename T>
CASTALIA_ANYWHERE T truth(bool value) {
  return value ? T(1) : T(0);
}

#define CASTALIA_UNARY(NAME, EXPRESSION) \
  template <typename T>                  \
  CASTALIA_ANYWHERE T op_##NAME(T x) {   \
    return EXPRESSION;                   \
  }
#define CASTALIA_BINARY(NAME, EXPRESSION)   \
  template <typename T>                     \
  CASTALIA_ANYWHERE T op_##NAME(T a, T b) { \
    return EXPRESSION;                      \
  }

CASTALIA_UNARY(copy, x)
CASTALIA_UNARY(neg, -x)
CASTALIA_UNARY(abs, fabs(x))
CASTALIA_UNARY(sign, x > 0 ? T(1) : x < 0 ? T(-1) : x)
CASTALIA_UNARY(sqrt, sqrt(x))
CASTALIA_UNARY(square, x* x)
CASTALIA_UNARY(reciprocal, T(1) / x)
CASTALIA_UNARY(floor, floor(x))
CASTALIA_UNARY(round, rint(x))
CASTALIA_UNARY(exp, exp(x))
CASTALIA_UNARY(log, log(x))
CASTALIA_UNARY(log1p, log1p(x))
CASTALIA_UNARY(expm1, expm1(x))
CASTALIA_UNARY(tanh, tanh(x))
CASTALIA_UNARY(erf, erf(x))
CASTALIA_UNARY(erfc, erfc(x))
CASTALIA_UNARY(sin, sin(x))
CASTALIA_UNARY(cos, cos(x))
CASTALIA_UNARY(tan, tan(x))
CASTALIA_UNARY(asin, asin(x))
CASTALIA_UNARY(acos, acos(x))
CASTALIA_UNARY(atan, atan(x))
CASTALIA_UNARY(sinh, sinh(x))
CASTALIA_UNARY(cosh, cosh(x))
CASTALIA_UNARY(asinh, asinh(x))
CASTALIA_UNARY(atanh, atanh(x))
CASTALIA_UNARY(lgamma, lgamma(x))
CASTALIA_UNARY(relu, x < 0 ? T(0) : x)
CASTALIA_UNARY(is_finite, truth<T>(fabs(x) < Numbers<T>::infinity()))
CASTALIA_UNARY(logical_not, truth<T>(x == 0))

CASTALIA_BINARY(add, a + b)
CASTALIA_BINARY(sub, a - b)
CASTALIA_BINARY(mul, a* b)
CASTALIA_BINARY(div, a / b)
CASTALIA_BINARY(maximum, is_nan(b) || a < b ? b : a)
CASTALIA_BINARY(minimum, is_nan(b) || b < a ? b : a)
CASTALIA_BINARY(atan2, atan2(a, b))
CASTALIA_BINARY(pow, pow(a, b))
CASTALIA_BINARY(leaky_relu, a > 0 ? a : b * a)
CASTALIA_BINARY(elu, a > 0 ? a : b * expm1(a))
CASTALIA_BINARY(less, truth<T>(a < b))
CASTALIA_BINARY(less_equal, truth<T>(a <= b))
CASTALIA_BINARY(greater, truth<T>(a > b))
CASTALIA_BINARY(greater_equal, truth<T>(a >= b))
CASTALIA_BINARY(equal, truth<T>(a == b))
CASTALIA_BINARY(not_equal, truth<T>(a != b))
CASTALIA_BINARY(logical_and, truth<T>(a != 0 && b != 0))
CASTALIA_BINARY(logical_or, truth<T>(a != 0 || b != 0))

#undef CASTALIA_UNARY
#undef CASTALIA_BINARY

template <typename T>
CASTALIA_ANYWHERE T op_select(T condition, T a, T b) {
  return condition != 0 ? a : b;
}

// The exponential of a negative number only: it never overflows.
template <typename T>
CASTALIA_ANYWHERE T op_sigmoid(T x) {
  const T e = exp(-fabs(x));
  return (x < 0 ? e : T(1)) / (T(1) + e);
}

template <typename T>
CASTALIA_ANYWHERE T op_softplus(T x) {
  return (x > 0 || is_nan(x) ? x : T(0)) + log1p(exp(-fabs(x)));
}

template <typename T>
CASTALIA_ANYWHERE T op_silu(T x) {
  return x * op_sigmoid(x);
}

template <typename T>
CASTALIA_ANYWHERE T op_silu_derivative(T x) {
  const T e = exp(-fabs(x));
  const T larger = T(1) / (T(1) + e);
  return (x < 0 ? e : T(1)) * larger + x * larger * (e * larger);
}

template <typename T>
CASTALIA_ANYWHERE T op_gelu(T x) {
  const T inverse_root_2 = T(0.70710678118654752440);
  return T(0.5) * x * erfc(-x * inverse_root_2);
}

template <typename T>
CASTALIA_ANYWHERE T op_gelu_derivative(T x) {
  const T inverse_root_2 = T(0.70710678118654752440);
  const T density = T(0.39894228040143267794);  // 1 / sqrt(2 pi)
  return T(0.5) * erfc(-x * inverse_root_2) + density * x * exp(T(-0.5) * x * x);
}

// The gamma family, in double. B_2k / (2k)! with the Bernoulli numbers B_2k.
CASTALIA_ANYWHERE inline double bernoulli(int k) {
  const double numbers[] = {1.0 / 12.0,
                            -1.0 / 720.0,
                            1.0 / 30240.0,
                            -1.0 / 1209600.0,
                            1.0 / 47900160.0,
                            -691.0 / 1307674368000.0,
                            1.0 / 74724249600.0,
                            -3617.0 / 10670622842880000.0,
                            43867.0 / 5109094217170944000.0};
  return numbers[k];
}

// The argument is reduced first: to the distance from the nearest pole or root.
CASTALIA_ANYWHERE inline double cotangent_of_pi_times(double x) {
  const double pi = 3.14159265358979323846;
  const double from_pole = x - rint(x);
  if (fabs(from_pole) <= 0.25) return 1 / tan(pi * from_pole);
  return tan(pi * (copysign(0.5, from_pole) - from_pole));
}

CASTALIA_ANYWHERE inline double digamma_in_double(double x) {
  const double infinity = Numbers<double>::infinity();
  const double pi = 3.14159265358979323846;
  if (x == 0) return copysign(infinity, -x);
  if (x < 0 && x == floor(x)) return infinity - infinity;
  double reflected = 0;
  if (x < 0) {
    reflected = pi * cotangent_of_pi_times(x);
    x = 1 - x;
  }
  if (x == infinity) return x;
  double shift = 0;
  for (; x < 10; x += 1) shift += 1 / x;
  double tail = 0.5 / x;
  double factor = 1 / (x * x);
  for (int k = 0; k < 9; ++k) {
    tail += bernoulli(k) * factor;
    factor *= (2 * k + 2) / x * ((2 * k + 3) / x);
  }
  return log(x) - tail - shift - reflected;
}

// x^-s for a whole s > 0.
CASTALIA_ANYWHERE inline double inverse_power(double x, int s) {
  double result = 1;
  for (double factor = 1 / x; s > 0; s /= 2, factor *= factor) {
    if (s % 2 == 1) result *= factor;
  }
  return result;
}

// The sum over k >= 0 of (q + k)^-s, for q > 0 and a whole s > 1: its first terms, and Euler and
// Maclaurin's formula for the rest.
CASTALIA_ANYWHERE inline double zeta(int s, double q) {
  if (q == Numbers<double>::infinity()) return 0;
  double sum = 0;
  for (; q < 10 + 0.5 * s; q += 1) sum += inverse_power(q, s);
  const double power = inverse_power(q, s);
  double tail = q / (s - 1) + 0.5;
  double factor = s / q;
  for (int k = 0; k < 9; ++k) {
    tail += bernoulli(k) * factor;
    factor *= (s + 2 * k + 1) / q * ((s + 2 * k + 2) / q);
  }
  return sum + power * tail;
}

CASTALIA_ANYWHERE inline double polygamma_in_double(double order, double x) {
  const double infinity = Numbers<double>::infinity();
  const double nan = infinity - infinity;
  if (!(order >= 0 && order <= 170 && order == floor(order)) || is_nan(x)) return nan;
  if (order == 0) return digamma_in_double(x);
  const int s = static_cast<int>(order) + 1;
  const bool odd = s % 2 == 0;
  double sum;
  if (x > 0) {
    sum = zeta(s, x);
  } else if (x == floor(x)) {
    return odd && x != -infinity ? infinity : nan;
  } else {
    const double mirrored = zeta(s, ceil(x) - x) - zeta(s, 1 - x);
    sum = zeta(s, x - floor(x)) + (odd ? mirrored : -mirrored);
  }
  const double scaled = tgamma(order + 1) * sum;
  return odd ? scaled : -scaled;
}

template <typename T>
CASTALIA_ANYWHERE T op_digamma(T x) {
  return static_cast<T>(digamma_in_double(x));
}
template <typename T>
CASTALIA_ANYWHERE T op_polygamma(T order, T x) {
  return static_cast<T>(polygamma_in_double(order, x));
}

}  // namespace castalia_elementwise
