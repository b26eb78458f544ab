// What forward mode is made for, on functions whose derivatives are known.
#include <cmath>

#include <gtest/gtest.h>

#include "cpp/autodiff/gradient.h"
#include "cpp/autodiff/jvp.h"
#include "cpp/base/status.h"
#include "cpp/ops/interpreter.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

constexpr DType kDouble = DType::float64;

Value input(Graph& graph, const std::string& name, const Shape& shape) {
  return graph.input(name, {kDouble, shape});
}

Tensor run(Value value, const Sources& sources) { return interpret({&value, 1}, sources)[0]; }

void expect_near(const Tensor& a, const std::vector<double>& b) {
  ASSERT_EQ(a.data.size(), b.size());
  for (size_t i = 0; i < b.size(); ++i) EXPECT_NEAR(a.data[i], b[i], 1e-12) << "element " << i;
}

TEST(Jvp, IsLinearInTheTangents) {
  Graph graph;
  const Value x = input(graph, "x", {3});
  const Value t = input(graph, "t", {3});
  const Value y = sin(x) * x;
  const Value tangent = jvp({&y, 1}, {&x, 1}, {&t, 1})[0];
  const std::vector<double> at{0.3, -1.2, 2.0};
  const std::vector<double> along{1, -2, 0.5};
  std::vector<double> expected;
  for (size_t i = 0; i < at.size(); ++i) {
    expected.push_back((std::cos(at[i]) * at[i] + std::sin(at[i])) * along[i]);
  }
  expect_near(run(tangent, {{"x", {{3}, at}}, {"t", {{3}, along}}}), expected);
}

TEST(Jvp, IsZeroForWhatDoesNotMove) {
  Graph graph;
  const Value x = input(graph, "x", {2});
  const Value z = input(graph, "z", {2});
  const Value y = exp(z);
  const Value moved = less(x, z);
  const Value outputs[] = {y, moved, stop_gradient(x)};
  for (const Value& tangent : jvp(outputs, {&x, 1}, {&z, 1})) {
    EXPECT_EQ(run(tangent, {{"x", {{2}, {1, 2}}}, {"z", {{2}, {3, 4}}}}).data,
              (std::vector<double>{0, 0}));
  }
}

// The output as a function of the inputs alone: that one of them was computed from another does not
// count.
TEST(Jvp, HoldsStillWhatAnInputWasComputedFrom) {
  Graph graph;
  const Value x = input(graph, "x", {1});
  const Value y = square(x);
  const Value z = y * x;
  const Value inputs[] = {x, y};
  const Value tangents[] = {graph.constant({1}, kDouble, std::vector<double>{1}),
                            graph.constant({1}, kDouble, std::vector<double>{0})};
  const Sources at{{"x", {{1}, {3}}}};
  EXPECT_EQ(run(jvp({&z, 1}, inputs, tangents)[0], at).data, std::vector<double>{9});
  EXPECT_EQ(run(vjp({&z, 1}, {tangents, 1}, inputs)[0], at).data, std::vector<double>{9});
  // A gradient is total.
  EXPECT_EQ(run(gradient(z, inputs)[0], at).data, std::vector<double>{27});
}

TEST(Jvp, RefusesATangentOfAnotherType) {
  Graph graph;
  const Value x = input(graph, "x", {2});
  const Value t = input(graph, "t", {3});
  EXPECT_THROW(jvp({&x, 1}, {&x, 1}, {&t, 1}), Error);
  EXPECT_THROW(vjp({&x, 1}, {&t, 1}, {&x, 1}), Error);
}

// f(x, x) has two derivatives, in both modes and to second order, however the operator is made.
TEST(Composite, TakesOneValueTwice) {
  static const Operator product{
      .name = "product_for_test",
      .infer = [](std::span<const TensorType> inputs,
                  const Attributes&) { return std::vector<TensorType>{inputs[0]}; },
      .define = [](Graph&, std::span<const Value> inputs,
                   const Attributes&) { return std::vector<Value>{inputs[0] * exp(inputs[1])}; }};
  Graph graph;
  const Value x = input(graph, "x", {1});
  const Value one = graph.constant({1}, kDouble, std::vector<double>{1});
  const Value y = graph.apply(product, {x, x})[0];
  const Value first = gradient(y, {&x, 1})[0];
  const Value results[] = {first, jvp({&y, 1}, {&x, 1}, {&one, 1})[0], gradient(first, {&x, 1})[0],
                           jvp({&first, 1}, {&x, 1}, {&one, 1})[0]};
  const double at = 0.4;
  const double e = std::exp(at);
  const double expected[] = {(1 + at) * e, (1 + at) * e, (2 + at) * e, (2 + at) * e};
  const std::vector<Tensor> got = interpret(results, {{"x", {{1}, {at}}}});
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(got[i][0], expected[i], 1e-12) << i;
}

TEST(Jacobian, HasARowAResultAndAColumnAVariable) {
  Graph graph;
  const Value x = input(graph, "x", {3});
  const Value a = slice(x, 0, 0, 1);
  const Value b = slice(x, 0, 1, 2);
  const Value c = slice(x, 0, 2, 3);
  const Sources at{{"x", {{3}, {2, 3, 5}}}};
  const Value narrow = jacobian(concat({a * b, square(c)}, 0), x);  // by rows
  EXPECT_EQ(narrow.shape(), (Shape{2, 3}));
  expect_near(run(narrow, at), {3, 2, 0, 0, 0, 10});
  const Value wide = jacobian(concat({a * b, square(c), a, b * c}, 0), x);  // by columns
  EXPECT_EQ(wide.shape(), (Shape{4, 3}));
  expect_near(run(wide, at), {3, 2, 0, 0, 0, 10, 1, 0, 0, 0, 5, 3});
  EXPECT_EQ(jacobian(input(graph, "none", {0, 2}), x).shape(), (Shape{0, 3}));
}

TEST(Jacobian, OfRowsIsThatOfEachRow) {
  for (const int64_t results : {2, 3, 5}) {
    Graph graph;
    const Value x = input(graph, "x", {2, 3});
    const Value w = input(graph, "w", {3, results});
    const Value y = tanh(matmul(x, w));
    Sources sources{{"x", {{2, 3}, {0.1, 0.2, 0.3, -0.4, 0.5, -0.6}}}, {"w", Tensor({3, results})}};
    for (int64_t i = 0; i < 3 * results; ++i) sources["w"][i] = std::sin(static_cast<double>(i));
    const Tensor whole = run(jacobian(y, x), sources);
    const Tensor rows = run(row_jacobian(y, x), sources);
    ASSERT_EQ(rows.shape, (Shape{2, results, 3}));
    for (int64_t row = 0; row < 2; ++row) {
      for (int64_t k = 0; k < results; ++k) {
        for (int64_t i = 0; i < 3; ++i) {
          EXPECT_NEAR(rows[(row * results + k) * 3 + i],
                      whole[(row * results + k) * 6 + row * 3 + i], 1e-14);
        }
      }
    }
  }
}

TEST(HessianVectorProduct, AgreesWithTheHessian) {
  Graph graph;
  const Value x = input(graph, "x", {3});
  const Value v = input(graph, "v", {3});
  const Value of = sum(exp(x) * cumulative_sum(square(x)));
  const Value product = hessian_vector_product(of, {&x, 1}, {&v, 1})[0];
  const Value hessian = jacobian(gradient(of, {&x, 1})[0], x);
  const std::vector<double> along{1, -0.5, 2};
  const Sources at{{"x", {{3}, {0.2, -0.7, 0.4}}}, {"v", {{3}, along}}};
  const Tensor matrix = run(hessian, at);
  std::vector<double> expected(3);
  for (size_t i = 0; i < 3; ++i) {
    for (size_t k = 0; k < 3; ++k) expected[i] += matrix.data[3 * i + k] * along[k];
  }
  expect_near(run(product, at), expected);
}

}  // namespace
}  // namespace castalia
