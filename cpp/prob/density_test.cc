// Learned densities against plain loops, and their draws against the densities' moments.
#include "cpp/prob/density.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numbers>
#include <string>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/evaluate_for_test.h"

namespace castalia {
namespace {

constexpr int64_t kFeatures = 2;
constexpr int64_t kComponents = 3;

const std::vector<double> kLogits = {0.3, -1.0, 0.9};
const std::vector<double> kCentres = {-2, 0.5, 1, 1, 3, -1};
const std::vector<double> kLogWidths = {-0.5, 0.2, 0.1, -1, 0.3, 0};

std::vector<double> weights() {
  double total = 0;
  for (const double logit : kLogits) total += std::exp(logit);
  std::vector<double> out;
  for (const double logit : kLogits) out.push_back(std::exp(logit) / total);
  return out;
}

double normal_density(double x, double centre, double log_width) {
  const double t = (x - centre) / std::exp(log_width);
  return std::exp(-0.5 * t * t - log_width) / std::sqrt(2 * std::numbers::pi);
}

// What a graph with the inputs seed and first_event draws.
std::vector<double> drawn(const Graph& graph,
                          const std::map<std::string, std::vector<double>>& inputs, int64_t seed,
                          int64_t first_event, int64_t count) {
  Workspace workspace(compile(graph));
  for (const auto& [name, values] : inputs) {
    std::memcpy(workspace.input(name), values.data(), values.size() * sizeof(double));
  }
  std::memcpy(workspace.input("seed"), &seed, sizeof seed);
  std::memcpy(workspace.input("first_event"), &first_event, sizeof first_event);
  workspace.run();
  const auto* data = static_cast<const double*>(workspace.output("x"));
  return {data, data + count};
}

void take_draws_from(Trace& trace) {
  trace.seed = trace.graph().input("seed", {DType::int64, {}});
  trace.first_event = trace.graph().input("first_event", {DType::int64, {}});
}

TEST(Mixture, HasTheDensityOfItsComponents) {
  constexpr int64_t rows = 50;
  std::vector<double> z(rows * kFeatures);
  fill_normal(Stream{5, 0, 1, 0}, z);
  for (double& x : z) x *= 3;
  z[0] = 1e200;  // far from all: -inf would be right, NaN is not
  Graph graph;
  ParameterTable table;
  Trace trace(graph, table, Value(), DType::float64);
  const Value x = graph.input("x", {DType::float64, {rows, kFeatures}});
  graph.output("log_prob", mixture_log_prob(trace, x, kComponents));
  const std::vector<double> found =
      evaluate(graph,
               {{"x", z}, {"logits", kLogits}, {"centres", kCentres}, {"log_widths", kLogWidths}})
          .at("log_prob");
  EXPECT_FALSE(std::isnan(found[0]));
  for (size_t row = 1; row < rows; ++row) {
    double density = 0;
    for (size_t k = 0; k < kComponents; ++k) {
      double product = weights()[k];
      for (size_t j = 0; j < kFeatures; ++j) {
        product *= normal_density(z[row * kFeatures + j], kCentres[k * kFeatures + j],
                                  kLogWidths[k * kFeatures + j]);
      }
      density += product;
    }
    EXPECT_NEAR(found[row], std::log(density), 1e-12 * std::abs(std::log(density)) + 1e-12);
  }
}

TEST(Mixture, DrawsHaveItsMoments) {
  constexpr int64_t rows = 40000;
  const auto draws = [](int64_t first_event, int64_t count) {
    Graph graph;
    ParameterTable table;
    Trace trace(graph, table, Value(), DType::float64);
    take_draws_from(trace);
    graph.output("x", mixture_sample(trace, count, kFeatures, kComponents, 11, 12));
    return drawn(graph, {{"logits", kLogits}, {"centres", kCentres}, {"log_widths", kLogWidths}}, 3,
                 first_event, count * kFeatures);
  };
  const std::vector<double> all = draws(0, rows);
  for (size_t j = 0; j < kFeatures; ++j) {
    double mean = 0;
    double square = 0;
    for (size_t k = 0; k < kComponents; ++k) {
      const double centre = kCentres[k * kFeatures + j];
      mean += weights()[k] * centre;
      square += weights()[k] * (centre * centre + std::exp(2 * kLogWidths[k * kFeatures + j]));
    }
    double found_mean = 0;
    double found_square = 0;
    for (size_t row = 0; row < rows; ++row) {
      const double x = all[row * kFeatures + j];
      found_mean += x / rows;
      found_square += x * x / rows;
    }
    EXPECT_NEAR(found_mean, mean, 5 * std::sqrt(square / rows));
    EXPECT_NEAR(found_square, square, 5 * 3 * square / std::sqrt(double{rows}));
  }
  // An event is the same wherever it lies.
  const std::vector<double> one = draws(777, 1);
  for (size_t j = 0; j < kFeatures; ++j) EXPECT_EQ(one[j], all[777 * kFeatures + j]);
}

TEST(ConditionalNormal, FollowsTheContext) {
  constexpr int64_t rows = 20000;
  std::vector<double> contexts(rows);
  for (size_t row = 0; row < rows; ++row) contexts[row] = row % 2 == 0 ? -1.0 : 2.0;
  // Centre 0.5 c + 1, log-width 0.4 c - 0.2, of one feature.
  const std::vector<double> weight = {0.5, 0.4};
  const std::vector<double> bias = {1, -0.2};
  const auto log_density = [](double x, double c) {
    return std::log(normal_density(x, 0.5 * c + 1, 0.4 * c - 0.2));
  };
  Graph graph;
  ParameterTable table;
  Trace trace(graph, table, Value(), DType::float64);
  take_draws_from(trace);
  const Value context = graph.input("context", {DType::float64, {rows, 1}});
  graph.output("x", conditional_normal_sample(trace, 1, context, 12));
  const std::map<std::string, std::vector<double>> inputs = {
      {"context", contexts}, {"linear.weight", weight}, {"linear.bias", bias}};
  const std::vector<double> x = drawn(graph, inputs, 3, 0, rows);
  for (const double c : {-1.0, 2.0}) {
    double mean = 0;
    double square = 0;
    for (size_t row = c < 0 ? 0 : 1; row < rows; row += 2) {
      const double residual = x[row] - (0.5 * c + 1);
      mean += 2 * residual / rows;
      square += 2 * residual * residual / rows;
    }
    const double variance = std::exp(2 * (0.4 * c - 0.2));
    EXPECT_NEAR(mean, 0, 5 * std::sqrt(2 * variance / rows));
    EXPECT_NEAR(square, variance, 5 * variance * std::sqrt(4.0 / rows));
  }
  Graph evaluation;
  Trace again(evaluation, table, Value(), DType::float64);
  const Value z = evaluation.input("x", {DType::float64, {rows, 1}});
  const Value c = evaluation.input("context", {DType::float64, {rows, 1}});
  evaluation.output("log_prob", conditional_normal_log_prob(again, z, c));
  const std::vector<double> found =
      evaluate(evaluation,
               {{"x", x}, {"context", contexts}, {"linear.weight", weight}, {"linear.bias", bias}})
          .at("log_prob");
  for (size_t row = 0; row < rows; row += 97) {
    EXPECT_NEAR(found[row], log_density(x[row], contexts[row]), 1e-12);
  }
}

}  // namespace
}  // namespace castalia
