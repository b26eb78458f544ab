#include "cpp/nn/convolution.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/nn/evaluate_for_test.h"

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
  EXPECT_NE(message({.channels = 4, .kernel = {3}}).find("2 spatial axes, the kernel 1"),
            std::string::npos);
  EXPECT_NE(message({.channels = 4, .kernel = {3, 3}, .groups = 4}).find("groups is 4"),
            std::string::npos);
}

}  // namespace
}  // namespace castalia
