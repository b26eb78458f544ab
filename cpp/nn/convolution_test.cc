#include "cpp/nn/convolution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/nn/evaluate_for_test.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

TEST(ConvolutionLayer, LaysOutItsParameters) {
  Graph graph;
  ParameterTable table;
  Trace trace(graph, table, Value(), DType::float32);
  const Value images = graph.input("images", {DType::float32, {2, 8, 8, 6}});
  const Value smaller = convolution(
      trace, "down", images,
      {.channels = 4, .kernel = {3, 3}, .window = Window::padded({1}, {2}), .groups = 2});
  EXPECT_EQ(smaller.shape(), (Shape{2, 4, 4, 4}));
  const Value larger = convolution_transpose(
      trace, "up", smaller,
      {.channels = 6, .kernel = {4, 4}, .window = Window::padded({1}, {2}), .bias = false});
  EXPECT_EQ(larger.shape(), (Shape{2, 8, 8, 6}));
  const std::vector<Parameter>& parameters = table.parameters();
  ASSERT_EQ(parameters.size(), 3U);
  EXPECT_EQ(parameters[0].name, "down.weight");
  EXPECT_EQ(parameters[0].shape, (Shape{3, 3, 3, 4}));
  EXPECT_EQ(parameters[1].shape, (Shape{4}));
  EXPECT_EQ(parameters[2].name, "up.weight");
  EXPECT_EQ(parameters[2].shape, (Shape{4, 4, 6, 4}));
}

TEST(ConvolutionLayer, KeepsTheSizeOfWhatPassesThrough) {
  // Rectified, images of variance one have variance one again behind the first weights.
  constexpr int64_t kSide = 32;
  std::vector<double> ones(kSide * kSide * 16);
  for (size_t i = 0; i < ones.size(); ++i) ones[i] = i % 2 == 0 ? 1 : -1;
  const std::vector<double> out = evaluate_layer(
      {{"images", {1, kSide, kSide, 16}, ones}}, [](Trace& trace, const std::vector<Value>& in) {
        return std::vector<Value>{
            convolution(trace, "layer", in[0], {.channels = 64, .kernel = {3, 3}})};
      });
  double square = 0;
  for (const double value : out) square += value * value / static_cast<double>(out.size());
  EXPECT_NEAR(square, 2.0, 0.5);  // the rectifier halves it
}

TEST(LocallyConnectedLayer, HasWeightsForEveryPlaceAndKeepsTheSizeOfWhatPassesThrough) {
  constexpr int64_t kSide = 32;
  std::vector<double> ones(kSide * kSide * 16);
  for (size_t i = 0; i < ones.size(); ++i) ones[i] = i % 2 == 0 ? 1 : -1;
  const std::vector<double> out = evaluate_layer(
      {{"images", {1, kSide, kSide, 16}, ones}}, [](Trace& trace, const std::vector<Value>& in) {
        return std::vector<Value>{
            locally_connected(trace, "layer", in[0], {.channels = 8, .kernel = {3, 3}})};
      });
  ASSERT_EQ(out.size(), 30U * 30 * 8);
  double square = 0;
  for (const double value : out) square += value * value / static_cast<double>(out.size());
  EXPECT_NEAR(square, 2.0, 0.2);  // however many places there are: he_uniform, as above
  // Places see the same image by other weights.
  EXPECT_NE(out[0], out[2 * 8]);
}

TEST(ConvolutionLayer, NamesWhatDoesNotFit) {
  Graph graph;
  ParameterTable table;
  Trace trace(graph, table, Value(), DType::float32);
  const Value images = graph.input("images", {DType::float32, {2, 8, 8, 6}});
  const auto message = [&](const ConvolutionOptions& options) {
    try {
      convolution(trace, "layer", images, options);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(message({.channels = 4, .kernel = {3}}),
            "convolution 'layer': images [2, 8, 8, 6] have 2 spatial axes, the kernel [3] 1");
  EXPECT_EQ(message({.channels = 4, .kernel = {3, 3}, .groups = 4}),
            "convolution 'layer': groups is 4, which does not divide 6 and 4 channels of images "
            "[2, 8, 8, 6] and of the result");
}

// The operator, where it stands and both shapes.
TEST(Convolution, NamesShapesThatDoNotFit) {
  Graph graph;
  const Scope scope(graph, "critic / down 0");
  const auto value = [&](const Shape& shape) {
    return graph.input(text("x", shape), {DType::float32, shape});
  };
  const Value images = value({2, 8, 8, 6});
  const auto expect_named = [&](const std::function<void()>& build, const std::string& name,
                                const Shape& one, const Shape& other) {
    try {
      build();
      ADD_FAILURE() << name << " takes " << one << " and " << other;
    } catch (const Error& error) {
      const std::string message = error.what();
      for (const std::string& part :
           {text("operator '", name, "' at critic / down 0"), text(one), text(other)}) {
        EXPECT_NE(message.find(part), std::string::npos) << message << "\n  lacks " << part;
      }
    }
  };
  const auto expect_refused = [&](const Shape& weights) {
    expect_named([&] { convolution(images, value(weights)); }, "convolution", images.shape(),
                 weights);
  };
  expect_refused({3, 3, 5, 4});
  expect_refused({3, 6, 4});
  expect_named(
      [&] {
        convolution(images, value({9, 3, 6, 4}));
      },
      "convolution", images.shape(), Shape{9, 3});
  expect_named(
      [&] {
        convolution_transpose(images, value({3, 3, 4, 5}));
      },
      "convolution_transpose", images.shape(), {3, 3, 4, 5});
  expect_named(
      [&] {
        convolution_weight_gradient(images, value({2, 5, 5, 4}), {3, 3});
      },
      "convolution_weight_gradient", {2, 5, 5, 4}, {2, 6, 6, 4});
  expect_named(
      [&] {
        convolution_weight_gradient(images, value({3, 6, 6, 4}), {3, 3});
      },
      "convolution_weight_gradient", images.shape(), {3, 6, 6, 4});
}

}  // namespace
}  // namespace castalia
