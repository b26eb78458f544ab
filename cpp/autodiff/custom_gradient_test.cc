#include "cpp/autodiff/custom_gradient.h"

#include <cmath>

#include <gtest/gtest.h>

#include "cpp/autodiff/checkpoint.h"
#include "cpp/autodiff/gradient.h"
#include "cpp/autodiff/jvp.h"
#include "cpp/base/status.h"
#include "cpp/ops/interpreter.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

constexpr DType kDouble = DType::float64;

Value one(Graph& graph) { return graph.constant({1}, kDouble, std::vector<double>{1}); }

// f, f', f'' by reverse mode, and f', f'' by forward mode over them.
std::vector<double> derivatives(Value y, Value x, const Sources& at) {
  const Value first = gradient(y, {&x, 1})[0];
  const Value unit = one(x.graph());
  const Value values[] = {y, first, gradient(first, {&x, 1})[0],
                          jvp({&y, 1}, {&x, 1}, {&unit, 1})[0],
                          jvp({&first, 1}, {&x, 1}, {&unit, 1})[0]};
  std::vector<double> results;
  for (const Tensor& tensor : interpret(values, at)) results.push_back(tensor[0]);
  return results;
}

void expect_derivatives(Value y, Value x, const Sources& at, double f, double first,
                        double second) {
  const std::vector<double> got = derivatives(y, x, at);
  EXPECT_NEAR(got[0], f, 1e-9);
  EXPECT_NEAR(got[1], first, 1e-9) << "reverse";
  EXPECT_NEAR(got[2], second, 1e-8) << "reverse, twice";
  EXPECT_NEAR(got[3], first, 1e-9) << "forward";
  EXPECT_NEAR(got[4], second, 1e-8) << "forward over reverse";
}

// x^2 whose gradient is told to be that of x^3.
Value square_like_cube(Value x) {
  return custom_gradient(
      {&x, 1}, [](std::span<const Value> in) { return std::vector<Value>{square(in[0])}; },
      [](std::span<const Value> in, std::span<const Value>, std::span<const Value> u) {
        return std::vector<Value>{u[0] * (3.0 * square(in[0]))};
      })[0];
}

TEST(CustomGradient, ReplacesTheRule) {
  Graph graph;
  const Value x = graph.input("x", {kDouble, {1}});
  expect_derivatives(square_like_cube(x), x, {{"x", {{1}, {3}}}}, 9, 27, 18);
}

TEST(CustomGradient, IsUsedAgainWhereItUsesTheResult) {
  // sqrt(x) with y' = 1/(2y): the second derivative needs that of y.
  Graph graph;
  const Value x = graph.input("x", {kDouble, {1}});
  const Value y = custom_gradient(
      {&x, 1},
      [](std::span<const Value> in) { return std::vector<Value>{stop_gradient(sqrt(in[0]))}; },
      [](std::span<const Value>, std::span<const Value> out, std::span<const Value> u) {
        return std::vector<Value>{0.5 * u[0] / out[0]};
      })[0];
  expect_derivatives(y, x, {{"x", {{1}, {4}}}}, 2, 0.25, -1.0 / 32);
}

TEST(CustomGradient, HoldsInsideACheckpoint) {
  Graph graph;
  const Value x = graph.input("x", {kDouble, {1}});
  const Value y = checkpoint(x, [](Value v) { return exp(0.1 * square_like_cube(v)); });
  const double a = 3;
  const double f = std::exp(0.1 * a * a);
  const double slope = 0.1 * 3 * a * a;  // of the exponent, as told
  expect_derivatives(y, x, {{"x", {{1}, {a}}}}, f, f * slope, f * (slope * slope + 0.6 * a));
}

TEST(CustomGradient, MayLeaveOutAnInput) {
  Graph graph;
  const Value inputs[] = {graph.input("x", {kDouble, {1}}), graph.input("z", {kDouble, {1}})};
  const std::vector<Value> y = custom_gradient(
      inputs,
      [](std::span<const Value> in) {
        return std::vector<Value>{in[0] * in[1], in[0] + in[1]};
      },
      [](std::span<const Value> in, std::span<const Value>, std::span<const Value> u) {
        return std::vector<Value>{u[0] * in[1] + 5.0 * u[1], Value()};
      });
  const Value total = y[0] + y[1];
  const std::vector<Tensor> got =
      interpret(gradient(total, inputs), {{"x", {{1}, {2}}}, {"z", {{1}, {3}}}});
  EXPECT_EQ(got[0][0], 8);
  EXPECT_EQ(got[1][0], 0);
}

TEST(CustomGradient, RefusesAGradientOfAnotherType) {
  Graph graph;
  const Value x = graph.input("x", {kDouble, {2}});
  EXPECT_THROW(custom_gradient(
                   {&x, 1}, [](std::span<const Value> in) { return std::vector<Value>{in[0]}; },
                   [](std::span<const Value>, std::span<const Value>, std::span<const Value> u) {
                     return std::vector<Value>{sum(u[0])};
                   }),
               Error);
}

// Newton's method for x exp(x) = p, in the graph: gradients through the search would be wrong, as
// it starts from a value that depends on p.
Value lambert(Value p) {
  const auto residual = [&](Value x) { return x * exp(x) - p; };
  Value x = log1p(p);
  for (int i = 0; i < 8; ++i) x = x - residual(x) / (exp(x) * (1.0 + x));
  return implicit_root(stop_gradient(x), {&p, 1}, residual);
}

TEST(ImplicitRoot, HasTheDerivativesOfTheInverse) {
  // W' = W / (p (1 + W)), W'' = -W^2 (2 + W) / (p^2 (1 + W)^3).
  Graph graph;
  const Value p = graph.input("p", {kDouble, {1}});
  const double at = 2;
  const double w = 0.85260550201372549;
  expect_derivatives(lambert(p), p, {{"p", {{1}, {at}}}}, w, w / (at * (1 + w)),
                     -w * w * (2 + w) / (at * at * std::pow(1 + w, 3)));
}

TEST(ImplicitRoot, IgnoresHowTheRootWasFound) {
  // The host gives the root as an input; and it may be computed from the parameter: x = p here.
  Graph graph;
  const Value p = graph.input("p", {kDouble, {1}});
  const Value given = graph.input("x", {kDouble, {1}});
  const Value from_host = implicit_root(given, {&p, 1}, [&](Value x) { return square(x) * x - p; });
  expect_derivatives(from_host, p, {{"p", {{1}, {8}}}, {"x", {{1}, {2}}}}, 2, 1.0 / 12,
                     -2.0 / 9 * std::pow(8.0, -5.0 / 3));
  const Value computed = implicit_root(p, {&p, 1}, [&](Value x) { return square(x) * x - p; });
  expect_derivatives(computed, p, {{"p", {{1}, {1}}}}, 1, 1.0 / 3, -2.0 / 9);
}

// Rows with a dense Jacobian, solved by what the caller knows: here two variables.
TEST(ImplicitRoot, TakesASolver) {
  Graph graph;
  const Value p = graph.input("p", {kDouble, {1, 2}});
  const Value given = graph.input("x", {kDouble, {1, 2}});
  const Value m = graph.constant({2, 2}, kDouble, std::vector<double>{2, 1, 0, 4});
  const Value inverse = graph.constant({2, 2}, kDouble, std::vector<double>{0.5, -0.125, 0, 0.25});
  // x m = p. The Jacobian of a row is m', so w m' = cotangent'.
  const Value x = implicit_root(
      given, {&p, 1}, [&](Value root) { return matmul(root, m) - p; },
      [&](Value, Value, Value cotangent) { return matmul(cotangent, inverse, false, true); });
  const Tensor got = interpret({&x, 1}, {{"p", {{1, 2}, {2, 9}}}, {"x", {{1, 2}, {1, 2}}}})[0];
  EXPECT_EQ(got.data, (std::vector<double>{1, 2}));
  const Value slope = jacobian(x, p);
  EXPECT_EQ(interpret({&slope, 1}, {{"p", {{1, 2}, {2, 9}}}, {"x", {{1, 2}, {1, 2}}}})[0].data,
            (std::vector<double>{0.5, 0, -0.125, 0.25}));
}

TEST(ImplicitFixedPoint, HasTheDerivativesOfTheSolution) {
  // x = cos(p x) / 2, where |d/dx| < 1/2 for p = 1.
  Graph graph;
  const Value p = graph.input("p", {kDouble, {1}});
  const auto map = [&](Value x) { return 0.5 * cos(p * x); };
  const auto solve = [](double p) {
    double x = 0.4;
    for (int i = 0; i < 200; ++i) x = 0.5 * std::cos(p * x);
    return x;
  };
  const Value given = graph.input("x", {kDouble, {1}});
  const Value x = implicit_fixed_point(given, {&p, 1}, map, 40);
  const double h = 1e-4;
  const double slope = (solve(1 + h) - solve(1 - h)) / (2 * h);
  const double curvature = (solve(1 + h) - 2 * solve(1) + solve(1 - h)) / (h * h);
  const std::vector<double> got = derivatives(x, p, {{"p", {{1}, {1}}}, {"x", {{1}, {solve(1)}}}});
  EXPECT_NEAR(got[1], slope, 1e-7);
  EXPECT_NEAR(got[2], curvature, 1e-6);
  EXPECT_NEAR(got[3], slope, 1e-7);
  EXPECT_NEAR(got[4], curvature, 1e-6);
}

}  // namespace
}  // namespace castalia
