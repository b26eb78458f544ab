// The distributions of the operators that draw, and that a draw depends on its event, stage and
// feature alone. Seeds are fixed: a bound of five standard deviations is met or not, for ever.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "cpp/ops/interpreter.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/ops.h"
#include "cpp/ops/reference_kernel.h"
#include "cpp/ops/run_kernel_for_test.h"

namespace castalia {
namespace {

constexpr int64_t kSeed = 2024;

// The output for events first_event, ...; `operand` (float32) goes where an operator takes one.
Tensor draw(const Operator& op, Attributes attributes, int64_t first_event,
            const Tensor* operand = nullptr) {
  std::vector<TensorType> types(2, TensorType{DType::int64, {}});
  std::vector<Tensor> inputs = {Tensor(Shape{}, {static_cast<double>(kSeed)}),
                                Tensor(Shape{}, {static_cast<double>(first_event)})};
  if (operand != nullptr) {
    types.push_back({DType::float32, operand->shape});
    inputs.push_back(*operand);
  }
  const std::vector<TensorType> outputs = op.infer(types, attributes);
  const auto candidates = kernel_candidates(op.name);
  if (candidates.empty()) return interpret(op, attributes, types, inputs)[0];
  std::string refusal;
  const auto kernel = candidates[0].create({attributes, types, outputs, true}, &refusal);
  const auto bytes = run_kernel(*kernel, types, inputs, outputs, TileOrder::together);
  return read_tensor(outputs[0], bytes[0].data());
}

Attributes sized(int64_t rows, int64_t features, int64_t stage = 1) {
  return {{"rows", rows},
          {"features", features},
          {"stage", stage},
          {"dtype", static_cast<int64_t>(DType::float32)}};
}

double mean_of(std::span<const double> x) {
  double total = 0;
  for (const double element : x) total += element;
  return total / static_cast<double>(x.size());
}

// The mean of x[i] x[i + lag].
double correlation(const Tensor& x, int64_t lag) {
  double total = 0;
  const int64_t pairs = x.shape.count() - lag;
  for (int64_t i = 0; i < pairs; ++i) total += x[i] * x[i + lag];
  return total / static_cast<double>(pairs);
}

Tensor filled(const Shape& shape, double value) {
  Tensor tensor(shape);
  std::fill(tensor.data.begin(), tensor.data.end(), value);
  return tensor;
}

TEST(RandomRademacher, SignsAreFairAndIndependent) {
  constexpr int64_t kRows = 3000;
  constexpr int64_t kFeatures = 150;
  const Tensor x = draw(random_rademacher_operator(), sized(kRows, kFeatures), 0);
  const double bound = 5 / std::sqrt(static_cast<double>(kRows * kFeatures));
  for (const double element : x.data) ASSERT_EQ(std::abs(element), 1);
  EXPECT_NEAR(mean_of(x.data), 0, bound);
  // Neighbours, the same bit of the next word and of the next block, the next event.
  for (const int64_t lag :
       {int64_t{1}, int64_t{2}, int64_t{63}, int64_t{64}, int64_t{128}, kFeatures}) {
    EXPECT_NEAR(correlation(x, lag), 0, bound) << "lag " << lag;
  }
  const Tensor other = draw(random_rademacher_operator(), sized(kRows, kFeatures, 2), 0);
  double product = 0;
  for (int64_t i = 0; i < x.shape.count(); ++i) product += x[i] * other[i];
  EXPECT_NEAR(product / static_cast<double>(kRows * kFeatures), 0, bound) << "another stage";
}

TEST(RandomBernoulli, HasTheProbability) {
  const Shape shape{4000, 37};
  for (const double p : {0.0, 0.03, 0.5, 0.9, 1.0}) {
    const Tensor probability = filled(shape, p);
    Tensor x = draw(random_bernoulli_operator(), {{"stage", int64_t{1}}}, 0, &probability);
    const double sigma = std::sqrt(p * (1 - p) / static_cast<double>(shape.count()));
    EXPECT_NEAR(mean_of(x.data), p, 5 * sigma + 1e-12);
    for (double& element : x.data) element -= p;
    for (const int64_t lag : {1, 2, 37}) {
      EXPECT_NEAR(correlation(x, lag), 0, 5 * sigma + 1e-12) << "lag " << lag;
    }
  }
}

TEST(RandomCategorical, HasTheProbabilitiesOfTheSoftmax) {
  constexpr int64_t kRows = 20000;
  constexpr int64_t kSets = 3;
  const std::vector<double> logits = {1.0, -INFINITY, 0.0, 2.5, -1.0};
  const auto classes = static_cast<int64_t>(logits.size());
  Tensor operand(Shape{kRows, kSets, classes});
  for (int64_t i = 0; i < operand.shape.count(); ++i) {
    operand[i] = logits[static_cast<size_t>(i % classes)];
  }
  const Tensor x = draw(random_categorical_operator(), {{"stage", int64_t{1}}}, 0, &operand);
  double total = 0;
  for (const double logit : logits) total += std::exp(logit);
  for (int64_t c = 0; c < classes; ++c) {
    const double p = std::exp(logits[static_cast<size_t>(c)]) / total;
    const double n = static_cast<double>(kRows * kSets);
    const auto count = static_cast<double>(std::count(x.data.begin(), x.data.end(), c));
    EXPECT_NEAR(count / n, p, 5 * std::sqrt(p * (1 - p) / n)) << "class " << c;
  }
}

TEST(RandomPermutation, SendsEveryElementEverywhere) {
  constexpr int64_t kRows = 20000;
  constexpr int64_t kFeatures = 6;
  const Tensor x = draw(random_permutation_operator(), sized(kRows, kFeatures), 0);
  std::vector<double> counts(kFeatures * kFeatures);
  for (int64_t row = 0; row < kRows; ++row) {
    std::vector<bool> seen(kFeatures);
    for (int64_t j = 0; j < kFeatures; ++j) {
      const auto element = static_cast<size_t>(x[row * kFeatures + j]);
      ASSERT_LT(element, seen.size());
      EXPECT_FALSE(seen[element]) << "row " << row;
      seen[element] = true;
      ++counts[static_cast<size_t>(j) * kFeatures + element];
    }
  }
  const double p = 1.0 / kFeatures;
  for (const double count : counts) {
    EXPECT_NEAR(count / kRows, p, 5 * std::sqrt(p * (1 - p) / kRows));
  }
}

TEST(Dropout, KeepsTheMeanAndTheShareOfElements) {
  const Shape shape{3000, 7, 11};
  const Tensor ones = filled(shape, 1.0);
  for (const double rate : {0.1, 0.5, 0.8}) {
    const Tensor x = draw(dropout_operator(), {{"rate", rate}, {"stage", int64_t{1}}}, 0, &ones);
    const double n = static_cast<double>(shape.count());
    const double sigma = std::sqrt(rate * (1 - rate) / n);
    const auto dropped = static_cast<double>(std::count(x.data.begin(), x.data.end(), 0.0));
    EXPECT_NEAR(dropped / n, rate, 5 * sigma);
    EXPECT_NEAR(mean_of(x.data), 1, 5 * sigma / (1 - rate));
    for (const double element : x.data) {
      ASSERT_TRUE(element == 0 || std::abs(element * (1 - rate) - 1) < 1e-6) << element;
    }
  }
}

TEST(Dropout, IsNothingWhenNotTraining) {
  Graph graph;
  const Value seed = graph.input("seed", {DType::int64, {}});
  const Value x = graph.input("x", {DType::float32, {4, 5}});
  EXPECT_EQ(dropout(x, 0.5, false, seed, seed, 1), x);
  EXPECT_EQ(dropout(x, 0.0, true, seed, seed, 1), x);
  EXPECT_FALSE(dropout(x, 0.5, true, seed, seed, 1) == x);
}

// Any part of a batch, drawn by itself, has the numbers that it has in the batch.
TEST(RandomOperators, AnEventDrawsTheSameInAnyBatch) {
  constexpr int64_t kRows = 203;
  struct Drawn {
    const Operator* op;
    Shape operand;  // of the whole batch
  };
  const Drawn all[] = {
      {&random_normal_operator(), {}},
      {&random_uniform_operator(), {}},
      {&random_rademacher_operator(), {}},
      {&random_permutation_operator(), {}},
      {&random_bernoulli_operator(), {kRows, 70}},
      {&random_categorical_operator(), {kRows, 3, 5}},
      {&dropout_operator(), {kRows, 3, 5}},
  };
  for (const auto& [op, shape] : all) {
    SCOPED_TRACE(op->name);
    Tensor operand(shape);
    for (int64_t i = 0; i < shape.count(); ++i) operand[i] = 0.1 + static_cast<double>(i % 9) / 11;
    const bool takes = shape.rank() > 0;
    const auto rows = [&](int64_t first, int64_t last) {
      Attributes attributes = sized(last - first, 70);
      attributes.set("rate", 0.4);
      if (!takes) return draw(*op, attributes, first + 100);
      Shape part = shape;
      part[0] = last - first;
      const int64_t per_row = shape.count(1, shape.rank());
      const Tensor of_rows(
          part, {operand.data.begin() + first * per_row, operand.data.begin() + last * per_row});
      return draw(*op, attributes, first + 100, &of_rows);
    };
    const Tensor whole = rows(0, kRows);
    const int64_t per_row = whole.shape.count() / kRows;
    for (const auto& [first, last] : {std::pair{0, 1}, {77, 78}, {5, 133}, {202, 203}}) {
      EXPECT_EQ(rows(first, last).data, std::vector<double>(whole.data.begin() + first * per_row,
                                                            whole.data.begin() + last * per_row))
          << "events " << first << " to " << last;
    }
  }
}

}  // namespace
}  // namespace castalia
