#include "cpp/runtime/profile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cpp/compile/compile.h"
#include "cpp/graph/graph.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/cuda/emulated_device.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

TEST(Profile, HasAnEventForEachStepOfEachRun) {
  // Before anything asks for the active profile of this process.
  const std::string path = ::testing::TempDir() + "/profile.json";
  ASSERT_EQ(setenv("CASTALIA_PROFILE", path.c_str(), 1), 0);
  Graph graph;
  {
    const Scope scope(graph, "layer \"0\"");
    const Value x = graph.input("x", {DType::float32, {256, 128}});
    const Value w = graph.input("w", {DType::float32, {128, 128}});
    graph.output("y", sum(matmul(x, w), {0}));
  }
  const auto program = compile(graph);
  Workspace workspace(program, 2);
  ThreadPool pool(2);
  workspace.run();
  workspace.run(&pool);
  ASSERT_NE(Profile::active(), nullptr);
  const auto trace = nlohmann::json::parse(Profile::active()->json());
  int64_t tiles = 0;
  int matmuls = 0;
  for (const auto& event : trace["traceEvents"]) {
    EXPECT_EQ(event["ph"], "X");
    EXPECT_GE(event["dur"].get<double>(), 0);
    const auto& arguments = event["args"];
    EXPECT_EQ(arguments["scope"], "layer \"0\"");
    if (event["name"].get<std::string>().find("matmul") == std::string::npos) continue;
    ++matmuls;
    EXPECT_EQ(arguments["flops"].get<double>(), 2.0 * 256 * 128 * 128);
    tiles += arguments["last_tile"].get<int64_t>() - arguments["first_tile"].get<int64_t>();
    EXPECT_EQ(arguments["result"], "float32[256, 128]");
  }
  EXPECT_GE(matmuls, 2);
  // Whatever the threads, each run computes every tile once.
  EXPECT_EQ(tiles, 2 * program->steps[0].kernel->tiles());
}

// Every second run is timed step by step; the others as one. What is computed stays the same.
TEST(Profile, OfADeviceHasStepsAndRecordings) {
  const std::string path = ::testing::TempDir() + "/profile.json";
  ASSERT_EQ(setenv("CASTALIA_PROFILE", path.c_str(), 1), 0);
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {2, 3}});
  graph.output("y", sum(exp(x), {1}));
  const auto program = compile(graph, {.device = &cuda::emulated_device()});
  Workspace workspace(program);
  constexpr int kRuns = 6;
  for (int run = 0; run < kRuns; ++run) {
    auto* in = static_cast<float*>(workspace.input("x"));
    std::fill(in, in + 6, static_cast<float>(run));
    workspace.run();
    EXPECT_FLOAT_EQ(static_cast<const float*>(workspace.output("y"))[1],
                    3 * std::exp(static_cast<float>(run)));
  }
  int steps = 0, recordings = 0, launches = 0;
  const auto trace = nlohmann::json::parse(Profile::active()->json());
  for (const auto& event : trace["traceEvents"]) {
    EXPECT_GE(event["dur"].get<double>(), 0);
    recordings += event["name"] == "recording" ? 1 : 0;
    launches += event["name"] == "launch" ? 1 : 0;
    steps += event["cat"] == "kernel" && event["tid"] == 0 ? 1 : 0;
  }
  EXPECT_EQ(launches, kRuns);
  EXPECT_GE(recordings, 2);
  // The first run, in which kernels set themselves up, has neither.
  EXPECT_EQ(steps, (kRuns - 1 - recordings) * static_cast<int>(program->steps.size()));
}

}  // namespace
}  // namespace castalia
