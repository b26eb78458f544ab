// Graphs that do not fit, are empty, or are too large for the machine.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/compile/compile.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

constexpr DType kFloat = DType::float32;

// The message of the Error that is thrown, after a check of its code.
std::string message_of(Code code, const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(code)) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

// What does not fit is named with both shapes, the operator and its place in the model.
TEST(BadInput, AShapeThatDoesNotFitIsNamedWithItsPlace) {
  Graph graph;
  const Value a = graph.input("a", {kFloat, {4, 6}});
  const Value b = graph.input("b", {kFloat, {5, 3}});
  const Value stack = graph.input("stack", {kFloat, {7, 4, 6}});
  const struct {
    const char* name;
    std::function<void()> apply;
    std::vector<const char*> shapes;
  } cases[] = {
      {"matmul", [&] { matmul(a, b); }, {"[4, 6]", "[5, 3]"}},
      {"matmul",
       [&] {
         matmul(stack, reshape(stack, Shape{6, 7, 4}));
       },
       {"[7, 4, 6]", "[6, 7, 4]"}},
      {"add", [&] { a + b; }, {"[4, 6]", "[5, 3]"}},
      {"select", [&] { select(a, a, b); }, {"[4, 6]", "[5, 3]"}},
      {"concat",
       [&] {
         concat({a, b}, 1);
       },
       {"[4, 6]", "[5, 3]"}},
      {"reshape",
       [&] {
         reshape(a, Shape{5, 5});
       },
       {"[4, 6]", "[5, 5]"}},
      {"broadcast_to",
       [&] {
         broadcast_to(a, Shape{4, 5});
       },
       {"[4, 6]", "[4, 5]"}},
  };
  const Scope outer(graph, "coupling 3");
  const Scope inner(graph, "conditioner");
  for (const auto& each : cases) {
    const std::string message = message_of(Code::shape_mismatch, each.apply);
    EXPECT_NE(message.find(text("'", each.name, "'")), std::string::npos) << message;
    EXPECT_NE(message.find("coupling 3 / conditioner"), std::string::npos) << message;
    for (const char* shape : each.shapes)
      EXPECT_NE(message.find(shape), std::string::npos) << message;
  }
}

TEST(BadInput, SizesThatOverflowAreRefused) {
  Graph graph;
  const int64_t large = int64_t{1} << 31;
  const Value column = graph.input("column", {kFloat, {large, 1}});
  const Value row = graph.input("row", {kFloat, {1, large}});
  EXPECT_NE(message_of(Code::out_of_memory, [&] { matmul(column, row); }).find("overflows"),
            std::string::npos);
  EXPECT_NE(message_of(Code::out_of_memory,
                       [&] {
                         graph.input("x", {kFloat, {large, large, 4}}).type().bytes();
                       })
                .find("[2147483648, 2147483648, 4]"),
            std::string::npos);
}

// 64 TiB cannot be had; what was there before goes on working, in the same arena too.
TEST(BadInput, MemoryThatCannotBeHadLeavesEverythingUsable) {
  Graph small;
  const Value x = small.input("x", {kFloat, {8, 4}});
  small.output("y", exp(x) + 1.0);
  Graph large;
  large.output("y", exp(large.input("x", {kFloat, {int64_t{1} << 22, int64_t{1} << 22}})));
  const auto arena = std::make_shared<Arena>();
  Workspace before(compile(small), 1, arena);
  const auto too_large = compile(large);
  const std::string message =
      message_of(Code::out_of_memory, [&] { Workspace(too_large, 1, arena); });
  EXPECT_NE(message.find(std::to_string(too_large->arena_bytes)), std::string::npos) << message;
  Workspace after(compile(small), 1, arena);
  for (Workspace* workspace : {&before, &after, &before}) {
    float* in = static_cast<float*>(workspace->input("x"));
    for (int i = 0; i < 32; ++i) in[i] = 0;
    workspace->run();
    EXPECT_EQ(static_cast<const float*>(workspace->output("y"))[31], 2.0F);
  }
}

// No events are no error: whatever is summed over them is zero.
TEST(BadInput, AGraphWithoutRowsRuns) {
  for (const bool fuse : {true, false}) {
    Graph graph;
    const Value x = graph.input("x", {kFloat, {0, 6}});
    const Value w = graph.state("w", {kFloat, {6, 5}});
    const Value h = relu(matmul(x, w) + 0.5);
    const Value p = softmax(concat({h, slice(x, 1, 2, 4)}, 1));
    const Value loss = sum(square(take(p, {6, 0, 0})));
    graph.output("h", h);
    graph.output("rows", sum(p, {1}));
    graph.output("column sums", sum(h, {0}, false));
    graph.output("loss", loss);
    graph.output("gradient", gradient(loss, std::vector<Value>{w})[0]);
    for (const int threads : {1, 3}) {
      Workspace workspace(compile(graph, {.fuse = fuse}), threads);
      AlignedBuffer weights(padded_bytes(w.type().bytes()));
      workspace.bind_state("w", weights.data());
      ThreadPool pool(threads);
      workspace.run(&pool);
      for (const char* name : {"column sums", "loss", "gradient"}) {
        for (const auto& [output, value] : graph.outputs()) {
          if (output != name) continue;
          const float* data = static_cast<const float*>(workspace.output(name));
          for (int64_t i = 0; i < value.shape().count(); ++i) EXPECT_EQ(data[i], 0) << name;
        }
      }
    }
  }
}

}  // namespace
}  // namespace castalia
