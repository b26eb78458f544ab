#include "cpp/train/lbfgs.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace castalia {
namespace {

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) {
  double total = 0;
  for (size_t i = 0; i < a.size(); ++i) total += a[i] * b[i];
  return total;
}

double rosenbrock(std::span<double> x, std::span<double> gradient) {
  double value = 0;
  for (double& each : gradient) each = 0;
  for (size_t i = 0; i + 1 < x.size(); ++i) {
    const double a = x[i + 1] - x[i] * x[i];
    const double b = 1 - x[i];
    value += 100 * a * a + b * b;
    gradient[i] += -400 * a * x[i] - 2 * b;
    gradient[i + 1] += 200 * a;
  }
  return value;
}

// The same method with the inverse Hessian as a matrix, built anew at every step from the last
// pairs: H <- (1 - r s y') H (1 - r y s') + r s s'.
class DenseBfgs {
 public:
  explicit DenseBfgs(size_t history) : history_(history) {}

  double step(Vector& x) {
    const size_t n = x.size();
    Vector g(n);
    const double start = rosenbrock(x, g);
    const Vector d = direction(g);
    double t = 1;
    if (pairs_.empty()) {
      double norm = 0;
      for (const double each : g) norm += std::abs(each);
      t = std::min(1.0, 1 / norm);
    }
    double low = 0;
    double high = 0;  // none yet
    for (;;) {
      Vector trial(n);
      Vector there(n);
      for (size_t i = 0; i < n; ++i) trial[i] = x[i] + t * d[i];
      const double value = rosenbrock(trial, there);
      if (value > start + 1e-4 * t * dot(g, d)) {
        high = t;
      } else if (dot(there, d) < 0.9 * dot(g, d)) {
        low = t;
      } else {
        Vector s(n);
        Vector y(n);
        for (size_t i = 0; i < n; ++i) {
          s[i] = trial[i] - x[i];
          y[i] = there[i] - g[i];
        }
        pairs_.push_back({s, y});
        if (pairs_.size() > history_) pairs_.erase(pairs_.begin());
        x = trial;
        return value;
      }
      t = high > 0 ? (low + high) / 2 : 2 * t;
    }
  }

 private:
  Vector direction(const Vector& g) const {
    const size_t n = g.size();
    double scale = 1;
    if (!pairs_.empty()) {
      const auto& [s, y] = pairs_.back();
      scale = dot(s, y) / dot(y, y);
    }
    std::vector<Vector> h(n, Vector(n));
    for (size_t i = 0; i < n; ++i) h[i][i] = scale;
    for (const auto& [s, y] : pairs_) {
      const double r = 1 / dot(s, y);
      Vector hy(n);
      for (size_t i = 0; i < n; ++i) hy[i] = dot(h[i], y);
      const double yhy = dot(y, hy);
      for (size_t i = 0; i < n; ++i) {
        for (size_t k = 0; k < n; ++k) {
          h[i][k] += -r * (s[i] * hy[k] + hy[i] * s[k]) + (r * r * yhy + r) * s[i] * s[k];
        }
      }
    }
    Vector d(n);
    for (size_t i = 0; i < n; ++i) d[i] = -dot(h[i], g);
    return d;
  }

  size_t history_;
  std::vector<std::pair<Vector, Vector>> pairs_;
};

TEST(Lbfgs, TakesTheStepsOfTheMethod) {
  Vector x{-1.2, 1, 0.5, -0.3};
  Vector expected = x;
  Lbfgs lbfgs(4, 3);
  DenseBfgs dense(3);
  // Rounding grows from step to step.
  for (int i = 0; i < 15; ++i) {
    const double value = lbfgs.step(x, rosenbrock).value;
    EXPECT_NEAR(value, dense.step(expected), 1e-6 * (1 + value)) << "step " << i;
    for (size_t k = 0; k < x.size(); ++k) EXPECT_NEAR(x[k], expected[k], 1e-6) << "step " << i;
  }
}

TEST(Lbfgs, FindsTheMinimum) {
  Vector x(10, -1.0);
  Lbfgs lbfgs(10, 8);
  double before = std::numeric_limits<double>::infinity();
  for (int i = 0; i < 150; ++i) {
    const Lbfgs::Result result = lbfgs.step(x, rosenbrock);
    EXPECT_LE(result.value, before);
    before = result.value;
  }
  for (const double each : x) EXPECT_NEAR(each, 1, 1e-6);
}

TEST(Lbfgs, GoesOnFromItsPairs) {
  Vector x(6, -1.0);
  Lbfgs whole(6, 4);
  for (int i = 0; i < 7; ++i) whole.step(x, rosenbrock);
  EXPECT_EQ(whole.remembered(), 4);
  Vector y = x;
  Lbfgs resumed(6, 4);
  resumed.set_pairs(whole.pairs());
  for (int i = 0; i < 7; ++i) {
    whole.step(x, rosenbrock);
    resumed.step(y, rosenbrock);
  }
  EXPECT_EQ(x, y);
}

TEST(Lbfgs, StepsBackFromWhereThereIsNoValue) {
  // log x - x / 2 is negated: no value below zero, the minimum at 2.
  const auto function = [](std::span<double> x, std::span<double> gradient) {
    gradient[0] = 0.5 - 1 / x[0];
    return 0.5 * x[0] - std::log(x[0]);  // NaN below zero
  };
  Vector x{9.0};
  Lbfgs lbfgs(1, 5);
  for (int i = 0; i < 20; ++i) lbfgs.step(x, function);
  EXPECT_NEAR(x[0], 2, 1e-7);
}

TEST(Lbfgs, StaysWhereNothingIsLower) {
  const auto kink = [](std::span<double> x, std::span<double> gradient) {
    gradient[0] = 1;  // a lie at the minimum
    return std::abs(x[0]);
  };
  Vector x{0.0};
  Lbfgs lbfgs(1, 5);
  const Lbfgs::Result result = lbfgs.step(x, kink);
  EXPECT_EQ(x[0], 0);
  EXPECT_EQ(result.length, 0);
  EXPECT_EQ(result.value, 0);
}

TEST(Lbfgs, SaysThatItBeganWhereThereIsNoValue) {
  const auto nothing = [](std::span<double>, std::span<double> gradient) {
    gradient[0] = std::numeric_limits<double>::quiet_NaN();
    return 1.0;
  };
  Vector x{3.0};
  Lbfgs lbfgs(1, 5);
  EXPECT_TRUE(std::isnan(lbfgs.step(x, nothing).value));
  EXPECT_EQ(x[0], 3);
}

}  // namespace
}  // namespace castalia
