#include "cpp/nn/batch_norm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/nn/evaluate_for_test.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

constexpr size_t kRows = 5;
constexpr size_t kPlaces = 6;  // an image of 3 x 2
constexpr size_t kChannels = 4;
constexpr size_t kImage = kPlaces * kChannels;
const Shape kShape{5, 3, 2, 4};

std::vector<double> images() {
  std::vector<double> x(kRows * kImage);
  fill_normal(Stream{1, 0, 1, 0}, x);
  for (size_t i = 0; i < x.size(); ++i) x[i] = 2 + 0.5 * static_cast<double>(i % kChannels) * x[i];
  return x;
}

// Mean and variance of a channel.
std::pair<double, double> moments_of(const std::vector<double>& x, size_t channel) {
  constexpr double kCount = kRows * kPlaces;
  double mean = 0;
  double variance = 0;
  for (size_t i = channel; i < x.size(); i += kChannels) mean += x[i] / kCount;
  for (size_t i = channel; i < x.size(); i += kChannels) {
    variance += (x[i] - mean) * (x[i] - mean) / kCount;
  }
  return {mean, variance};
}

// What normalises by the batch, and the statistics that are kept of it, in their order.
TEST(BatchNormLayer, NormalisesByTheBatchInTraining) {
  const std::vector<double> x = images();
  const std::vector<double> out =
      evaluate_layer({{"x", kShape, x}}, [](Trace& trace, const std::vector<Value>& in) {
        trace.training = true;
        std::vector<Value> values = {batch_norm(trace, "norm", in[0])};
        EXPECT_EQ(trace.updates.size(), 2U);
        for (const auto& [offset, value] : trace.updates) values.push_back(value);
        return values;
      });
  ASSERT_EQ(out.size(), x.size() + 2 * kChannels);
  for (size_t channel = 0; channel < kChannels; ++channel) {
    const auto [mean, variance] = moments_of(x, channel);
    for (size_t i = channel; i < x.size(); i += kChannels) {
      EXPECT_NEAR(out[i], (x[i] - mean) / std::sqrt(variance + 1e-5), 1e-10);
    }
    EXPECT_NEAR(out[x.size() + channel], 0.1 * mean, 1e-13);
    EXPECT_NEAR(out[x.size() + kChannels + channel], 0.9 + 0.1 * variance, 1e-13);
  }
}

TEST(BatchNormLayer, NormalisesByWhatItKeepsElsewhere) {
  const std::vector<double> x = images();
  const std::vector<double> out =
      evaluate_layer({{"x", kShape, x}}, [](Trace& trace, const std::vector<Value>& in) {
        const Value y = batch_norm(trace, "norm", in[0]);
        EXPECT_TRUE(trace.updates.empty());
        return std::vector<Value>{y};
      });
  for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(out[i], x[i] / std::sqrt(1 + 1e-5), 1e-14);
}

TEST(BatchNormLayer, ScalesAndShiftsEachRowByItsCondition) {
  const std::vector<double> x = images();
  const std::vector<double> condition = {1, 0, 0, 1, -1, 2, 0, 0, 0.5, 0.5};
  const std::vector<double> out =
      evaluate_layer({{"x", kShape, x}, {"condition", {kRows, 2}, condition}},
                     [](Trace& trace, const std::vector<Value>& in) {
                       trace.training = true;
                       const Value y = batch_norm(trace, "norm", in[0], {.condition = in[1]});
                       const Value weight = trace.parameter("norm.film.weight", {2, 2 * kChannels},
                                                            Initializer::glorot_uniform);
                       return std::vector<Value>{y, weight};
                     });
  const double* weight = out.data() + x.size();
  const auto map = [&](size_t row, size_t column) {
    return condition[2 * row] * weight[column] +
           condition[2 * row + 1] * weight[2 * kChannels + column];
  };
  EXPECT_GT(std::abs(map(0, 0)), 0.01);
  for (size_t i = 0; i < x.size(); ++i) {
    const size_t channel = i % kChannels;
    const auto [mean, variance] = moments_of(x, channel);
    const double normalised = (x[i] - mean) / std::sqrt(variance + 1e-5);
    const size_t row = i / kImage;
    const double expected = normalised * (1 + map(row, channel)) + map(row, kChannels + channel);
    EXPECT_NEAR(out[i], expected, 1e-10) << i;
  }
}

TEST(BatchNormLayer, KeepsNothingWhereItIsToldSo) {
  Graph graph;
  ParameterTable table;
  Trace trace(graph, table, Value(), DType::float32);
  const Value x = graph.input("x", {DType::float32, {7, 3}});
  batch_norm(trace, "norm", x, {.keeps_statistics = false});
  ASSERT_EQ(table.parameters().size(), 2U);
  EXPECT_EQ(table.parameters()[0].name, "norm.scale");
  EXPECT_EQ(table.parameters()[1].name, "norm.bias");
  batch_norm(trace, "kept", x);
  ASSERT_EQ(table.parameters().size(), 6U);
  for (const Parameter& each : table.parameters()) {
    const bool running = each.name.find("running") != std::string::npos;
    EXPECT_EQ(each.trainable, !running) << each.name;
  }
  EXPECT_EQ(table.parameters()[4].name, "kept.running_mean");
  EXPECT_EQ(table.parameters()[5].name, "kept.running_variance");
}

}  // namespace
}  // namespace castalia
