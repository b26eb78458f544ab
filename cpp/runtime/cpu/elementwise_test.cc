#include "cpp/runtime/cpu/elementwise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "cpp/runtime/cpu/targets_for_test.h"

namespace castalia::cpu {
namespace {

constexpr size_t kMargin = 16;  // elements that a loop may touch behind the last one

template <typename T>
std::vector<T> interesting() {
  using Limits = std::numeric_limits<T>;
  return {T(0),
          T(-0.0),
          T(1),
          T(-1),
          T(0.5),
          T(-0.5),
          T(1.5),
          T(2.5),
          T(-2.5),
          T(3.7),
          T(-3.2),
          T(1e9) + T(64),
          Limits::max(),
          Limits::lowest(),
          Limits::min(),
          T(8388609),
          T(-4503599627370497.0),
          Limits::denorm_min(),
          Limits::infinity(),
          -Limits::infinity(),
          Limits::quiet_NaN()};
}

template <typename T>
using Scalar = std::function<T(T, T, T)>;

template <typename T>
struct Case {
  const char* operation;
  Scalar<T> reference;
};

template <typename T>
T nan_or(T a, T b, T otherwise) {
  return std::isnan(a) || std::isnan(b) ? std::numeric_limits<T>::quiet_NaN() : otherwise;
}

// Operations whose result IEEE arithmetic fixes to the last bit.
template <typename T>
std::vector<Case<T>> exact_cases() {
  return {
      {"copy", [](T a, T, T) { return a; }},
      {"neg", [](T a, T, T) { return -a; }},
      {"abs", [](T a, T, T) { return std::abs(a); }},
      {"sign", [](T a, T, T) { return a > 0   ? T(1)
                                      : a < 0 ? T(-1)
                                              : a; }},
      {"sqrt", [](T a, T, T) { return std::sqrt(a); }},
      {"square", [](T a, T, T) { return a * a; }},
      {"reciprocal", [](T a, T, T) { return 1 / a; }},
      {"floor", [](T a, T, T) { return std::floor(a); }},
      {"round", [](T a, T, T) { return std::nearbyint(a); }},
      {"relu", [](T a, T, T) { return a < 0 ? T(0) : a; }},
      {"is_finite", [](T a, T, T) { return T(std::isfinite(a)); }},
      {"logical_not", [](T a, T, T) { return T(a == 0); }},
      {"add", [](T a, T b, T) { return a + b; }},
      {"sub", [](T a, T b, T) { return a - b; }},
      {"mul", [](T a, T b, T) { return a * b; }},
      {"div", [](T a, T b, T) { return a / b; }},
      {"maximum", [](T a, T b, T) { return nan_or(a, b, a > b ? a : b); }},
      {"minimum", [](T a, T b, T) { return nan_or(a, b, a < b ? a : b); }},
      {"less", [](T a, T b, T) { return T(a < b); }},
      {"less_equal", [](T a, T b, T) { return T(a <= b); }},
      {"greater", [](T a, T b, T) { return T(a > b); }},
      {"greater_equal", [](T a, T b, T) { return T(a >= b); }},
      {"equal", [](T a, T b, T) { return T(a == b); }},
      {"not_equal", [](T a, T b, T) { return T(a != b); }},
      {"logical_and", [](T a, T b, T) { return T(a != 0 && b != 0); }},
      {"logical_or", [](T a, T b, T) { return T(a != 0 || b != 0); }},
      {"leaky_relu", [](T a, T b, T) { return a > 0 ? a : a * b; }},
      {"select", [](T a, T b, T c) { return a != 0 ? b : c; }},
  };
}

template <typename T>
bool same(T a, T b) {
  return std::isnan(a) ? std::isnan(b) : a == b && (a != 0 || std::signbit(a) == std::signbit(b));
}

template <typename T>
void expect_exact() {
  std::vector<T> a, b, c;
  for (T u : interesting<T>()) {
    for (T v : interesting<T>()) {
      a.push_back(u);
      b.push_back(v);
      c.push_back(static_cast<T>(a.size()));
    }
  }
  const size_t count = a.size();
  for (auto* operand : {&a, &b, &c}) operand->resize(count + kMargin);
  for (const Case<T>& test : exact_cases<T>()) {
    std::vector<T> out(count + kMargin);
    const void* in[] = {a.data(), b.data(), c.data()};
    const TileFunction function = tile_function(test.operation, dtype_of<T>());
    ASSERT_NE(function, nullptr) << test.operation;
    function(in, out.data(), count);
    for (size_t i = 0; i < count; ++i) {
      ASSERT_TRUE(same(out[i], test.reference(a[i], b[i], c[i])))
          << test.operation << "(" << a[i] << ", " << b[i] << ", " << c[i] << ") = " << out[i];
    }
  }
}

class ElementwiseTest : public EachTarget {};

TEST_P(ElementwiseTest, ExactOperations) {
  expect_exact<float>();
  expect_exact<double>();
}

TEST_P(ElementwiseTest, Casts) {
  std::vector<float> narrow = interesting<float>();
  const size_t count = narrow.size();
  narrow.resize(count + kMargin);
  std::vector<double> wide(count + kMargin);
  const void* in[] = {narrow.data()};
  cast_function(DType::float32, DType::float64)(in, wide.data(), count);
  for (size_t i = 0; i < count; ++i) EXPECT_TRUE(same<double>(wide[i], narrow[i]));

  std::vector<double> values = {1e300, -1e300, 1e-300, 0.1, 1e-40, -0.0, HUGE_VAL, NAN};
  const size_t more = values.size();
  values.resize(more + kMargin);
  in[0] = values.data();
  cast_function(DType::float64, DType::float32)(in, narrow.data(), more);
  const float infinity = std::numeric_limits<float>::infinity();
  const float expected[] = {infinity, -infinity, 0.0f, 0.1f, 1e-40f, -0.0f, infinity, NAN};
  for (size_t i = 0; i < more; ++i) EXPECT_TRUE(same(narrow[i], expected[i])) << values[i];
}

// A lane's result may not depend on its place in the vector, nor on the vectors around it.
TEST_P(ElementwiseTest, PositionDoesNotMatter) {
  for (const char* operation :
       {"exp", "log", "log1p", "expm1", "tanh", "sigmoid", "softplus", "erf", "sin", "tan", "atan",
        "asin", "sinh", "asinh", "erfc", "lgamma", "digamma"}) {
    std::vector<float> x(64 + kMargin), y(64 + kMargin), shifted(64 + kMargin);
    for (size_t i = 0; i < x.size(); ++i) x[i] = 0.37f * static_cast<float>(i) - 9.0f;
    x[20] = 1e6f;  // beyond the vector reduction of angles
    const TileFunction function = tile_function(operation, DType::float32);
    const void* in[] = {x.data()};
    function(in, y.data(), 64);
    for (size_t offset : {1, 3, 7}) {
      in[0] = x.data() + offset;
      function(in, shifted.data(), 64 - offset);
      for (size_t i = offset; i < 64; ++i) {
        ASSERT_TRUE(same(shifted[i - offset], y[i])) << operation << " at " << i;
      }
    }
  }
}

TEST_P(ElementwiseTest, InPlace) {
  std::vector<double> x(100 + kMargin), y(100 + kMargin, 2.0);
  for (size_t i = 0; i < 100; ++i) x[i] = static_cast<double>(i);
  const void* in[] = {x.data(), y.data()};
  tile_function("mul", DType::float64)(in, x.data(), 100);
  for (size_t i = 0; i < 100; ++i) EXPECT_EQ(x[i], 2.0 * static_cast<double>(i));
}

TEST(ElementwiseLookupTest, RefusesWhatThereIsNot) {
  EXPECT_EQ(tile_function("convolve", DType::float32), nullptr);
  EXPECT_EQ(tile_function("add", DType::int32), nullptr);
  EXPECT_EQ(cast_function(DType::int64, DType::float32), nullptr);
  EXPECT_EQ(operand_count("convolve"), 0);
  EXPECT_EQ(operand_count("exp"), 1);
  EXPECT_EQ(operand_count("atan2"), 2);
  EXPECT_EQ(operand_count("select"), 3);
}

INSTANTIATE_TEST_SUITE_P(Targets, ElementwiseTest, testing::ValuesIn(targets_here()), target_label);

}  // namespace
}  // namespace castalia::cpu
