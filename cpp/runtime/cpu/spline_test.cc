// The spline kernels against a plain reference in double, which takes the inverse by bisection and
// derivatives by central differences.
#include "cpp/runtime/cpu/spline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/runtime/cpu/targets_for_test.h"

namespace castalia::cpu {
namespace {

struct Point {
  double value, log_derivative;
};

// The formulas of arXiv:1906.04032, equations 4 and 5, in long double.
class Reference {
 public:
  Reference(const SplineSettings& settings, const double* params) : settings_(settings) {
    const int bins = settings.bins;
    x_ = knots(params, settings.min_width);
    y_ = knots(params + bins, settings.min_height);
    const double shift = std::log(std::expm1(1 - settings.min_derivative));
    const int count = settings.tails == SplineTails::linear ? bins - 1 : bins + 1;
    for (int i = 0; i < count; ++i) {
      const double z = std::clamp(params[2 * bins + i], -60.0, 60.0) + shift;
      derivatives_.push_back(settings.min_derivative + std::max(z, 0.0) +
                             std::log1p(std::exp(-std::abs(z))));
    }
    if (settings.tails == SplineTails::linear) {
      derivatives_.insert(derivatives_.begin(), 1);
      derivatives_.push_back(1);
    }
  }

  Point forward(double argument) const {
    const bool outside = argument < settings_.lower || argument > settings_.upper;
    if (settings_.tails == SplineTails::linear && outside) return {argument, 0};
    const long double x = std::clamp(argument, settings_.lower, settings_.upper);
    int k = 0;
    while (k + 1 < settings_.bins && x >= x_[k + 1]) ++k;
    const long double w = x_[k + 1] - x_[k], h = y_[k + 1] - y_[k], s = h / w;
    const long double t = (x - x_[k]) / w, d0 = derivatives_[k], d1 = derivatives_[k + 1];
    const long double denominator = s + (d1 + d0 - 2 * s) * t * (1 - t);
    const long double y = y_[k] + h * (s * t * t + d0 * t * (1 - t)) / denominator;
    const long double derivative = s * s *
                                   (d1 * t * t + 2 * s * t * (1 - t) + d0 * (1 - t) * (1 - t)) /
                                   (denominator * denominator);
    return {static_cast<double>(y), static_cast<double>(std::log(derivative))};
  }

  Point inverse(double y) const {
    const bool outside = y < settings_.lower || y > settings_.upper;
    if (settings_.tails == SplineTails::linear && outside) return {y, 0};
    y = std::clamp(y, settings_.lower, settings_.upper);
    double low = settings_.lower, high = settings_.upper;
    for (int i = 0; i < 200; ++i) {
      const double middle = low + (high - low) / 2;
      (forward(middle).value < y ? low : high) = middle;
    }
    return {low, -forward(low).log_derivative};
  }

 private:
  std::vector<long double> knots(const double* raw, double floor) const {
    const int bins = settings_.bins;
    const double largest = *std::max_element(raw, raw + bins);
    long double sum = 0, total = 0;
    for (int k = 0; k < bins; ++k) total += std::exp(static_cast<long double>(raw[k]) - largest);
    std::vector<long double> out = {settings_.lower};
    const long double range = settings_.upper - settings_.lower;
    for (int k = 0; k < bins; ++k) {
      sum += std::exp(static_cast<long double>(raw[k]) - largest) / total;
      out.push_back(settings_.lower + range * (floor * (k + 1) + (1 - bins * floor) * sum));
    }
    out.back() = settings_.upper;
    return out;
  }

  SplineSettings settings_;
  std::vector<long double> x_, y_;
  std::vector<double> derivatives_;
};

const SplineSettings kSettings[] = {
    {},
    {.bins = 5, .lower = -3, .upper = 3, .tails = SplineTails::none},
    {.bins = 2, .lower = 0, .upper = 1},
    {.bins = 16, .lower = 0, .upper = 1, .tails = SplineTails::none, .min_width = 1e-4},
    {.bins = 3, .lower = -8, .upper = 2, .min_height = 0.1, .min_derivative = 0.2},
};

constexpr SplineKind kKinds[] = {SplineKind::linear, SplineKind::quadratic, SplineKind::cubic,
                                 SplineKind::rational_linear, SplineKind::rational_quadratic};

std::string describe(const Spline& spline) {
  const char* const names[] = {"linear", "quadratic", "cubic", "rational linear",
                               "rational quadratic"};
  return text(names[static_cast<int>(spline.kind())], " spline of ", spline.settings().bins,
              " bins");
}

// Every kind with the settings that are usual, or with all.
std::vector<Spline> usual_splines() {
  std::vector<Spline> splines;
  for (const SplineKind kind : kKinds) splines.emplace_back(kind, SplineSettings{});
  return splines;
}
std::vector<Spline> all_splines() {
  std::vector<Spline> splines;
  for (const SplineKind kind : kKinds) {
    for (const SplineSettings& settings : kSettings) splines.emplace_back(kind, settings);
  }
  return splines;
}

struct Data {
  size_t count;
  std::vector<double> x, params, gradient_y, gradient_l;
};

// Arguments over the interval and a little beyond.
Data random_data(const Spline& spline, size_t count, double width, unsigned seed) {
  std::mt19937 random(seed);
  const SplineSettings& s = spline.settings();
  const double range = s.upper - s.lower;
  std::uniform_real_distribution<double> uniform(s.lower - 0.1 * range, s.upper + 0.1 * range);
  std::normal_distribution<double> normal;
  Data data{count, {}, {}, {}, {}};
  for (size_t i = 0; i < count; ++i) {
    data.x.push_back(static_cast<float>(uniform(random)));
    data.gradient_y.push_back(static_cast<float>(normal(random)));
    data.gradient_l.push_back(static_cast<float>(normal(random)));
    for (size_t p = 0; p < spline.parameters(); ++p) {
      data.params.push_back(static_cast<float>(width * normal(random)));
    }
  }
  return data;
}

template <typename T>
std::vector<T> as(const std::vector<double>& values) {
  return std::vector<T>(values.begin(), values.end());
}

template <typename T>
struct Result {
  std::vector<T> value, log_det;
};

template <typename T>
Result<T> evaluate(const Spline& spline, bool inverse, const std::vector<T>& x,
                   const std::vector<T>& params) {
  Result<T> out{std::vector<T>(x.size()), std::vector<T>(x.size())};
  spline.compute<T>(inverse ? MapTask::inverse : MapTask::forward,
                    {.argument = x.data(),
                     .params = params.data(),
                     .result = out.value.data(),
                     .log_abs_det = out.log_det.data()},
                    x.size());
  return out;
}

template <typename T>
struct Gradient {
  std::vector<T> x, params;
};

template <typename T>
Gradient<T> differentiate(const Spline& spline, bool inverse, const std::vector<T>& x,
                          const std::vector<T>& params, const std::vector<T>& gy,
                          const std::vector<T>& gl) {
  Gradient<T> out{std::vector<T>(x.size()), std::vector<T>(params.size())};
  spline.compute<T>(inverse ? MapTask::inverse_gradient : MapTask::forward_gradient,
                    {.argument = x.data(),
                     .params = params.data(),
                     .gradient_result = gy.data(),
                     .gradient_log_abs_det = gl.data(),
                     .gradient_argument = out.x.data(),
                     .gradient_params = out.params.data()},
                    x.size());
  return out;
}

class SplineTest : public EachTarget {};

// The others are compared with references where their operators are (cpp/ops).
TEST_P(SplineTest, RationalQuadraticMatchesTheFormulas) {
  for (const SplineSettings& settings : kSettings) {
    const Spline spline(SplineKind::rational_quadratic, settings);
    const Data data = random_data(spline, 403, 1.5, 1);
    for (bool inverse : {false, true}) {
      const Result<double> wide = evaluate(spline, inverse, data.x, data.params);
      const Result<float> narrow =
          evaluate(spline, inverse, as<float>(data.x), as<float>(data.params));
      for (size_t i = 0; i < data.count; ++i) {
        const Reference reference(settings, data.params.data() + i * spline.parameters());
        const Point p = inverse ? reference.inverse(data.x[i]) : reference.forward(data.x[i]);
        const std::string what = text("bins ", settings.bins, inverse ? " inverse" : "", " at ", i);
        ASSERT_NEAR(wide.value[i], p.value, 1e-12) << what;
        // Bisection knows x to rounding only; the derivative may be steep there.
        ASSERT_NEAR(wide.log_det[i], p.log_derivative, inverse ? 1e-9 : 1e-11) << what;
        // A float argument in a bin of a thousandth of the range: its place is known to some 1e-4.
        const double steep = std::exp(std::max(0.0, p.log_derivative));
        ASSERT_NEAR(narrow.value[i], p.value, 2e-5 * (1 + steep)) << what;
        ASSERT_NEAR(narrow.log_det[i], p.log_derivative, 2e-2) << what;
      }
    }
  }
}

// |x - inverse(forward(x))| at the quantile. Rounding y moves x by dx/dy as much, so the weighted
// error is multiplied by dy/dx where that is below 1.
struct Errors {
  double plain, weighted, largest_weighted;
};

template <typename T>
Errors round_trip(const Spline& spline, double width) {
  const Data data = random_data(spline, 20000, width, 2);
  std::vector<T> x = as<T>(data.x);
  for (T& value : x) {
    value = std::clamp(value, static_cast<T>(spline.settings().lower),
                       static_cast<T>(spline.settings().upper));
  }
  const std::vector<T> params = as<T>(data.params);
  const Result<T> there = evaluate(spline, false, x, params);
  const Result<T> back = evaluate(spline, true, there.value, params);
  std::vector<double> plain, weighted;
  for (size_t i = 0; i < x.size(); ++i) {
    plain.push_back(std::abs(static_cast<double>(back.value[i]) - static_cast<double>(x[i])));
    weighted.push_back(plain[i] * std::exp(std::min(0.0, static_cast<double>(there.log_det[i]))));
  }
  std::sort(plain.begin(), plain.end());
  std::sort(weighted.begin(), weighted.end());
  const size_t at = x.size() * 999 / 1000;
  return {plain[at], weighted[at], weighted.back()};
}

TEST_P(SplineTest, RoundTrip) {
  for (const Spline& spline : usual_splines()) {
    SCOPED_TRACE(describe(spline));
    for (double width : {0.3, 1.0, 3.0}) {
      const Errors narrow = round_trip<float>(spline, width),
                   wide = round_trip<double>(spline, width);
      std::printf(
          "  %s: round trip on [-5, 5], raw parameters of width %g: 99.9th percentile float %.1e,"
          " double %.1e; weighted %.1e, %.1e; largest weighted %.1e, %.1e\n",
          describe(spline).c_str(), width, narrow.plain, wide.plain, narrow.weighted, wide.weighted,
          narrow.largest_weighted, wide.largest_weighted);
      EXPECT_LT(narrow.weighted, 3e-6);
      EXPECT_LT(wide.weighted, 6e-15);
      EXPECT_LT(narrow.largest_weighted, 3e-5);
      EXPECT_LT(wide.largest_weighted, 6e-14);
    }
    // Milder splines, such as trained ones, lose next to nothing.
    EXPECT_LT(round_trip<float>(spline, 0.3).plain, 3e-6);
    EXPECT_LT(round_trip<double>(spline, 0.3).plain, 1e-14);
  }
}

// The loss whose gradient the kernels give for spline i, at other arguments or parameters.
double loss(const Spline& spline, bool inverse, const std::vector<double>& x,
            const std::vector<double>& params, double gy, double gl) {
  const Result<double> result = evaluate(spline, inverse, x, params);
  return gy * result.value[0] + gl * result.log_det[0];
}

TEST_P(SplineTest, GradientMatchesCentralDifferences) {
  for (const Spline& spline : all_splines()) {
    const size_t width = spline.parameters();
    const Data data = random_data(spline, 61, 1.0, 3);
    for (bool inverse : {false, true}) {
      const Gradient<double> gradient =
          differentiate(spline, inverse, data.x, data.params, data.gradient_y, data.gradient_l);
      for (size_t i = 0; i < data.count; ++i) {
        const auto begin = data.params.begin() + static_cast<std::ptrdiff_t>(i * width);
        std::vector<double> x = {data.x[i]},
                            params(begin, begin + static_cast<std::ptrdiff_t>(width));
        // Of fourth order: an inverse may bend sharply.
        const auto slope = [&](double& variable, double step) {
          const double at = variable;
          double difference = 0;
          for (const auto& [steps, weight] :
               {std::pair{-2, 1.0}, {-1, -8.0}, {1, 8.0}, {2, -1.0}}) {
            variable = at + steps * step;
            difference +=
                weight * loss(spline, inverse, x, params, data.gradient_y[i], data.gradient_l[i]);
          }
          variable = at;
          return difference / (12 * step);
        };
        const std::string what = text(describe(spline), inverse ? " inverse" : "", " at ", i);
        const auto near = [](double a, double b) {
          return std::abs(a - b) <= 2e-6 * (1 + std::abs(a) + std::abs(b));
        };
        EXPECT_PRED2(near, gradient.x[i], slope(x[0], 1e-6)) << what << ", argument";
        for (size_t p = 0; p < width; ++p) {
          EXPECT_PRED2(near, gradient.params[i * width + p], slope(params[p], 1e-5))
              << what << ", parameter " << p;
        }
      }
    }
  }
}

TEST_P(SplineTest, FloatGradientMatchesDouble) {
  for (const Spline& spline : usual_splines()) {
    SCOPED_TRACE(describe(spline));
    const Data data = random_data(spline, 1000, 0.7, 4);
    for (bool inverse : {false, true}) {
      const Gradient<double> wide =
          differentiate(spline, inverse, data.x, data.params, data.gradient_y, data.gradient_l);
      const Gradient<float> narrow =
          differentiate(spline, inverse, as<float>(data.x), as<float>(data.params),
                        as<float>(data.gradient_y), as<float>(data.gradient_l));
      for (size_t i = 0; i < wide.params.size(); ++i) {
        ASSERT_NEAR(narrow.params[i], wide.params[i], 2e-4 * (1 + std::abs(wide.params[i]))) << i;
      }
      for (size_t i = 0; i < wide.x.size(); ++i) {
        ASSERT_NEAR(narrow.x[i], wide.x[i], 5e-4 * (1 + std::abs(wide.x[i]))) << i;
      }
    }
  }
}

template <typename T>
void expect_finite_for_extremes() {
  std::mt19937 random(5);
  for (const Spline& spline : all_splines()) {
    SCOPED_TRACE(describe(spline));
    const SplineSettings& settings = spline.settings();
    const T biggest = std::numeric_limits<T>::max();
    const T numbers[] = {T(0),    T(1e4),   T(-1e4), T(1e30), T(-1e30),
                         biggest, -biggest, T(50),   T(-50),  T(1e-30)};
    const T lower = static_cast<T>(settings.lower), upper = static_cast<T>(settings.upper);
    std::vector<T> x, params;
    for (T argument : {T(0), T(-0.0), lower, upper, std::nextafter(lower, T(0.3)),
                       std::nextafter(upper, T(0.3)), T(0.3), T(1e30), -biggest, biggest}) {
      for (int repeat = 0; repeat < 400; ++repeat) {
        x.push_back(argument);
        // All equal, of one block each, or mixed.
        const T same = numbers[random() % 10];
        for (size_t p = 0; p < spline.parameters(); ++p) {
          params.push_back(repeat < 30 ? same : numbers[random() % (repeat < 200 ? 4 : 10)]);
        }
      }
    }
    const std::vector<T> ones(x.size(), T(1));
    for (bool inverse : {false, true}) {
      const Result<T> result = evaluate(spline, inverse, x, params);
      const Gradient<T> gradient = differentiate(spline, inverse, x, params, ones, ones);
      const auto all_finite = [](const std::vector<T>& values) {
        return std::all_of(values.begin(), values.end(), [](T v) { return std::isfinite(v); });
      };
      EXPECT_TRUE(all_finite(result.value)) << inverse;
      EXPECT_TRUE(all_finite(result.log_det)) << inverse;
      EXPECT_TRUE(all_finite(gradient.x)) << inverse;
      EXPECT_TRUE(all_finite(gradient.params)) << inverse;
    }
  }
}

TEST_P(SplineTest, ExtremesGiveFiniteNumbers) {
  expect_finite_for_extremes<float>();
  expect_finite_for_extremes<double>();
}

template <typename T>
void expect_monotone() {
  for (const Spline& spline : all_splines()) {
    SCOPED_TRACE(describe(spline));
    const SplineSettings& settings = spline.settings();
    const size_t count = 5000;
    for (double width : {0.5, 3.0, 1000.0}) {
      const Data one = random_data(spline, 1, width, 6);
      std::vector<T> x, params;
      for (size_t i = 0; i < count; ++i) {
        x.push_back(static_cast<T>(settings.lower + (settings.upper - settings.lower) *
                                                        static_cast<double>(i) / (count - 1)));
        params.insert(params.end(), one.params.begin(), one.params.end());
      }
      x.front() = static_cast<T>(settings.lower);
      x.back() = static_cast<T>(settings.upper);
      for (bool inverse : {false, true}) {
        const std::vector<T> y = evaluate(spline, inverse, x, params).value;
        // Within a bin the formula itself may round down by a last place or two.
        const T slack =
            4 * std::numeric_limits<T>::epsilon() *
            static_cast<T>(std::max(std::abs(settings.lower), std::abs(settings.upper)));
        for (size_t i = 1; i < count; ++i) ASSERT_GE(y[i], y[i - 1] - slack) << i << " " << width;
        // Knots at the ends are pinned.
        EXPECT_EQ(y.front(), static_cast<T>(settings.lower));
        EXPECT_EQ(y.back(), static_cast<T>(settings.upper));
      }
    }
  }
}

TEST_P(SplineTest, IsMonotoneAndPinned) {
  expect_monotone<float>();
  expect_monotone<double>();
}

TEST_P(SplineTest, LogDetIsTheLogOfTheNumericalDerivative) {
  for (const Spline& spline : usual_splines()) {
    SCOPED_TRACE(describe(spline));
    const Data data = random_data(spline, 2000, 1.0, 7);
    const double step = 1e-6;
    for (bool inverse : {false, true}) {
      std::vector<double> up = data.x, down = data.x;
      for (double& x : up) x += step;
      for (double& x : down) x -= step;
      const Result<double> result = evaluate(spline, inverse, data.x, data.params);
      const Result<double> above = evaluate(spline, inverse, up, data.params);
      const Result<double> below = evaluate(spline, inverse, down, data.params);
      for (size_t i = 0; i < data.count; ++i) {
        const double slope = (above.value[i] - below.value[i]) / (2 * step);
        ASSERT_NEAR(std::log(slope), result.log_det[i], 1e-4) << i;
      }
    }
  }
}

TEST_P(SplineTest, ZeroParametersGiveTheIdentity) {
  for (const Spline& spline : usual_splines()) {
    SCOPED_TRACE(describe(spline));
    const Data data = random_data(spline, 100, 0.0, 8);
    const Result<double> result = evaluate(spline, false, data.x, data.params);
    for (size_t i = 0; i < data.count; ++i) {
      EXPECT_NEAR(result.value[i], data.x[i], 1e-14);
      EXPECT_NEAR(result.log_det[i], 0.0, 1e-14);
    }
  }
}

TEST_P(SplineTest, TailsAreTheIdentity) {
  for (const Spline& spline : usual_splines()) {
    SCOPED_TRACE(describe(spline));
    const std::vector<float> x = {-5.0001f, 7, -100, 1e30f}, g = {2, 3, -1, 0.5f};
    const std::vector<float> params(x.size() * spline.parameters(), 0.7f);
    for (bool inverse : {false, true}) {
      const Result<float> result = evaluate(spline, inverse, x, params);
      EXPECT_EQ(result.value, x);
      EXPECT_EQ(result.log_det, std::vector<float>(x.size(), 0));
      const Gradient<float> gradient = differentiate(spline, inverse, x, params, g, g);
      EXPECT_EQ(gradient.x, g);
      for (float value : gradient.params) EXPECT_EQ(value, 0);
    }
  }
}

TEST_P(SplineTest, NanGivesNan) {
  for (const Spline& spline : all_splines()) {
    SCOPED_TRACE(describe(spline));
    const std::vector<float> x = {0.1f, NAN, 0.2f}, g = {1, 1, 1};
    const std::vector<float> params(x.size() * spline.parameters(), 0.1f);
    for (bool inverse : {false, true}) {
      const Result<float> result = evaluate(spline, inverse, x, params);
      const Gradient<float> gradient = differentiate(spline, inverse, x, params, g, g);
      EXPECT_TRUE(std::isnan(result.value[1]) && std::isnan(result.log_det[1]));
      EXPECT_TRUE(std::isnan(gradient.x[1]));
      for (size_t i : {0, 2}) {
        EXPECT_TRUE(std::isfinite(result.value[i]) && std::isfinite(gradient.x[i]));
      }
    }
  }
}

template <typename T>
void expect_same_bits_anywhere() {
  for (const Spline& spline : usual_splines()) {
    SCOPED_TRACE(describe(spline));
    const size_t count = 67, width = spline.parameters();
    const Data data = random_data(spline, count, 1.0, 9);
    const std::vector<T> x = as<T>(data.x), params = as<T>(data.params), g = as<T>(data.gradient_y);
    for (bool inverse : {false, true}) {
      const Result<T> all = evaluate(spline, inverse, x, params);
      const Gradient<T> gradient = differentiate(spline, inverse, x, params, g, g);
      for (size_t first = 0; first < count; first += 5) {
        for (size_t some : {1, 3, 8, 17}) {
          const size_t last = std::min(first + some, count);
          const auto part = [&](const std::vector<T>& from, size_t per) {
            return std::vector<T>(from.begin() + static_cast<std::ptrdiff_t>(first * per),
                                  from.begin() + static_cast<std::ptrdiff_t>(last * per));
          };
          const Result<T> result = evaluate(spline, inverse, part(x, 1), part(params, width));
          ASSERT_EQ(result.value, part(all.value, 1));
          ASSERT_EQ(result.log_det, part(all.log_det, 1));
          const Gradient<T> partial = differentiate(spline, inverse, part(x, 1),
                                                    part(params, width), part(g, 1), part(g, 1));
          ASSERT_EQ(partial.x, part(gradient.x, 1));
          ASSERT_EQ(partial.params, part(gradient.params, width));
        }
      }
    }
  }
}

TEST_P(SplineTest, SameBitsAtAnyPlaceAmongAnyNumber) {
  expect_same_bits_anywhere<float>();
  expect_same_bits_anywhere<double>();
}

TEST(SplineSettingsTest, RefusesWhatAllowsNoSpline) {
  const auto message = [](const SplineSettings& settings) -> std::string {
    try {
      Spline spline(SplineKind::linear, settings);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(message({.bins = 1}).find("bins is 1"), std::string::npos);
  EXPECT_NE(message({.bins = 200}).find("2 to 128"), std::string::npos);
  EXPECT_NE(message({.lower = 2, .upper = 1}).find("lower is 2"), std::string::npos);
  EXPECT_NE(message({.min_width = 0.2}).find("min_width"), std::string::npos);
  EXPECT_NE(message({.min_height = 0}).find("min_height"), std::string::npos);
  EXPECT_NE(message({.min_derivative = 1}).find("min_derivative"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Targets, SplineTest, testing::ValuesIn(targets_here()), target_label);

}  // namespace
}  // namespace castalia::cpu
