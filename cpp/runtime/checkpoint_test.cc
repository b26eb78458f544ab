// Checkpoints save memory in compiled training steps, and change no bit of the gradients.
#include "cpp/autodiff/checkpoint.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cpp/autodiff/gradient.h"
#include "cpp/compile/compile.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

constexpr int64_t kRows = 256;
constexpr int64_t kWidth = 16;
constexpr int64_t kBlocks = 6;
constexpr int64_t kLayers = 5;  // of a block
constexpr int64_t kWeights = kBlocks * kLayers * kWidth * kWidth;

enum class Keep { all, blocks, blocks_and_layers };

// A deep network of residual blocks, its weights slices of one state, as in training.
Value network(Value x, Value weights, Keep keep) {
  for (int64_t block = 0; block < kBlocks; ++block) {
    const auto layer = [&](Value h, int64_t i) {
      const int64_t first = (block * kLayers + i) * kWidth * kWidth;
      const Value w =
          reshape(slice(weights, 0, first, first + kWidth * kWidth), Shape{kWidth, kWidth});
      return softmax(h) + tanh(matmul(h, w));
    };
    const auto body = [&](Value h) {
      for (int64_t i = 0; i < kLayers; ++i) {
        h = keep == Keep::blocks_and_layers ? checkpoint(h, [&](Value v) { return layer(v, i); })
                                            : layer(h, i);
      }
      return h;
    };
    x = x + (keep == Keep::all ? body(x) : checkpoint(x, body));
  }
  return x;
}

struct Step {
  std::vector<float> results;
  size_t arena = 0;
};

// The loss, its gradient with respect to the weights and to the input, and, on request, the
// gradient of the squared norm of the latter (as in a gradient penalty).
Step run(Keep keep, bool penalty) {
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {kRows, kWidth}});
  const Value weights = graph.state("weights", {DType::float32, {kWeights}});
  const Value loss = mean(square(network(x, weights, keep)));
  const Value sources[] = {weights, x};
  std::vector<Value> results = gradient(loss, sources);
  results.push_back(loss);
  if (penalty) results.push_back(gradient(sum(square(results[1])), {&weights, 1})[0]);
  for (size_t i = 0; i < results.size(); ++i) graph.output(std::to_string(i), results[i]);

  Workspace workspace(compile(graph, {.rows_independent = false}));
  AlignedBuffer state(padded_bytes(kWeights * sizeof(float)));
  auto* values = reinterpret_cast<float*>(state.data());
  for (int64_t i = 0; i < kWeights; ++i) values[i] = 0.3F * std::sin(static_cast<float>(i));
  workspace.bind_state("weights", values);
  auto* in = static_cast<float*>(workspace.input("x"));
  for (int64_t i = 0; i < kRows * kWidth; ++i) in[i] = std::cos(0.7F * static_cast<float>(i));
  workspace.run();
  Step step;
  step.arena = workspace.program().arena_bytes;
  for (size_t i = 0; i < results.size(); ++i) {
    const auto* out = static_cast<const float*>(workspace.output(std::to_string(i)));
    step.results.insert(step.results.end(), out, out + results[i].shape().count());
  }
  return step;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

TEST(Checkpoint, SavesMemoryAndKeepsTheBits) {
  const Step all = run(Keep::all, false);
  const Step blocks = run(Keep::blocks, false);
  std::printf("arena: %zu bytes, with checkpoints %zu\n", all.arena, blocks.arena);
  EXPECT_LT(blocks.arena, all.arena / 2);
  EXPECT_TRUE(same_bits(all.results, blocks.results));
  for (const float each : all.results) ASSERT_TRUE(std::isfinite(each));
}

TEST(Checkpoint, Nests) {
  const Step blocks = run(Keep::blocks, false);
  const Step both = run(Keep::blocks_and_layers, false);
  std::printf("arena: %zu bytes, with nested checkpoints %zu\n", blocks.arena, both.arena);
  EXPECT_LT(both.arena, blocks.arena);
  EXPECT_TRUE(same_bits(blocks.results, both.results));
}

// Second derivatives add up in another order.
TEST(Checkpoint, IsDifferentiatedAgain) {
  const Step all = run(Keep::all, true);
  const Step blocks = run(Keep::blocks, true);
  const auto first = all.results.size() - kWeights;
  double largest = 0;
  double difference = 0;
  for (size_t i = first; i < all.results.size(); ++i) {
    largest = std::max(largest, std::abs(double{all.results[i]}));
    difference = std::max(difference, std::abs(double{all.results[i]} - blocks.results[i]));
  }
  EXPECT_GT(largest, 0);
  EXPECT_LT(difference, 1e-5 * largest);
}

// A checkpoint that begins at several values, the same one twice among them, and gives several.
TEST(Checkpoint, TakesAndGivesSeveral) {
  const auto gradients = [](bool keep) {
    Graph graph;
    const Value a = graph.input("a", {DType::float64, {3}});
    const Value b = graph.input("b", {DType::float64, {3}});
    const Value inputs[] = {a, b, a};
    const auto body = [&] { return std::vector<Value>{exp(a) * b, sin(a) + b, a}; };
    const std::vector<Value> y = keep ? body() : checkpoint(inputs, body);
    const Value total = y[0] * y[1] + y[2];
    const std::vector<Value> slopes = gradient(total, {inputs, 2});
    graph.output("a", slopes[0]);
    graph.output("b", slopes[1]);
    Workspace workspace(compile(graph));
    const double at[][3] = {{0.1, 0.2, 0.3}, {1, -2, 3}};
    std::memcpy(workspace.input("a"), at[0], sizeof at[0]);
    std::memcpy(workspace.input("b"), at[1], sizeof at[1]);
    workspace.run();
    std::vector<double> results;
    for (const char* name : {"a", "b"}) {
      const auto* out = static_cast<const double*>(workspace.output(name));
      results.insert(results.end(), out, out + 3);
    }
    return results;
  };
  EXPECT_EQ(gradients(true), gradients(false));
}

}  // namespace
}  // namespace castalia
