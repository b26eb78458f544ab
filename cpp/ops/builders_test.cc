// What builders add to their operators: operands that may be missing or broadcast, and quantities
// composed of several operators.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/ops/interpreter.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

constexpr DType kDouble = DType::float64;

Tensor waves(const Shape& shape, double phase) {
  Tensor tensor(shape);
  for (int64_t i = 0; i < shape.count(); ++i) tensor[i] = std::sin(phase + static_cast<double>(i));
  return tensor;
}

std::string error_of(const std::function<void()>& build) {
  try {
    build();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(SpectralNorm, ComesToTheLargestSingularValue) {
  // Orthogonal columns of lengths 5 and 1, turned by no rotation that mixes them.
  Graph graph;
  const Value w = graph.constant({2, 2}, kDouble, std::vector<double>{3, -0.8, 4, 0.6});
  const Value u = graph.constant({2}, kDouble, std::vector<double>{1, 0.3});
  const SpectralNorm norm = spectral_norm(w, u, 30);
  const std::vector<Value> wanted = {norm.sigma, norm.u};
  const std::vector<Tensor> values = interpret(wanted, {});
  EXPECT_NEAR(values[0][0], 5, 1e-12);
  EXPECT_NEAR(std::abs(values[1][0]), 0.6, 1e-12);
  EXPECT_NEAR(std::abs(values[1][1]), 0.8, 1e-12);
}

// A mask and a bias that are the same for all heads, rows or keys.
TEST(Attention, BroadcastsMaskAndBias) {
  const Shape tokens{2, 3, 4};
  const auto attend = [&](const Shape& mask_shape, const std::vector<double>& mask,
                          const Shape& bias_shape, const std::vector<double>& bias) {
    Graph graph;
    const Value q = graph.input("q", {kDouble, tokens});
    const Value k = graph.input("k", {kDouble, tokens});
    const Value v = graph.input("v", {kDouble, tokens});
    const Value y = attention(q, k, v,
                              {.heads = 2,
                               .mask = graph.constant(mask_shape, kDouble, mask),
                               .bias = graph.constant(bias_shape, kDouble, bias)});
    return interpret(
               {&y, 1},
               {{"q", waves(tokens, 0.1)}, {"k", waves(tokens, 1.1)}, {"v", waves(tokens, 2.1)}})[0]
        .data;
  };
  const std::vector<double> full_mask = {1, 1, 1, 0, 0, 0, 1, 1, 1};
  std::vector<double> full_bias;
  for (int i = 0; i < 4; ++i) {
    for (const double x : {0.5, -0.5, 1.0}) full_bias.insert(full_bias.end(), {x, x, x});
  }
  EXPECT_EQ(attend({1, 1, 3, 1}, {1, 0, 1}, {1, 1, 3, 1}, {0.5, -0.5, 1.0}),
            attend({1, 1, 3, 3}, full_mask, {2, 2, 3, 3}, full_bias));
}

TEST(Attention, NamesWhatDoesNotFit) {
  Graph graph;
  const Value q = graph.input("q", {kDouble, {2, 3, 4}});
  const Value k = graph.input("k", {kDouble, {2, 5, 6}});
  EXPECT_EQ(error_of([&] { attention(q, k, k, {.heads = 2}); }),
            "operator 'attention': queries float64[2, 3, 4], keys float64[2, 5, 6] and values "
            "float64[2, 5, 6] do not fit");
  EXPECT_EQ(error_of([&] { attention(q, q, q, {.heads = 3}); }),
            "operator 'attention': 3 heads do not divide the last axis of float64[2, 3, 4]");
}

TEST(Normalisation, NamesWhatDoesNotFit) {
  Graph graph;
  const Value x = graph.input("x", {kDouble, {2, 3, 6}});
  const Value scale = graph.input("scale", {kDouble, {5}});
  EXPECT_EQ(error_of([&] { layer_norm(x, scale); }),
            "operator 'layer_norm': float64[2, 3, 6] takes a scale and a bias of shape [6], not "
            "float64[5]");
  EXPECT_EQ(error_of([&] { layer_norm(x, Value(), scale); }),
            "a normalisation with a bias needs a scale");
  EXPECT_EQ(error_of([&] { group_norm(x, 4); }),
            "operator 'group_norm': 4 groups do not divide the channels of float64[2, 3, 6]");
}

}  // namespace
}  // namespace castalia
