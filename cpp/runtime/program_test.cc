// Compiled Programs against the interpreter: random graphs, fused and not, on one thread and
// several.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/status.h"
#include "cpp/compile/compile.h"
#include "cpp/ops/interpreter.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

constexpr DType kDouble = DType::float64;

void write(void* to, const Tensor& tensor) {
  std::memcpy(to, tensor.data.data(), tensor.data.size() * sizeof(double));
}

Tensor read(const void* from, const Shape& shape) {
  Tensor tensor(shape);
  std::memcpy(tensor.data.data(), from, tensor.data.size() * sizeof(double));
  return tensor;
}

Tensor random_tensor(std::mt19937& random, const Shape& shape) {
  std::normal_distribution<double> normal;
  Tensor tensor(shape);
  for (double& value : tensor.data) value = normal(random);
  return tensor;
}

void expect_near(const Tensor& a, const Tensor& b, double tolerance) {
  ASSERT_EQ(a.data.size(), b.data.size());
  for (size_t i = 0; i < a.data.size(); ++i) {
    ASSERT_NEAR(a.data[i], b.data[i], tolerance * (1 + std::abs(b.data[i]))) << "element " << i;
  }
}

// Grows a graph at random from two inputs and a state; values stay of order one.
class RandomGraph {
 public:
  RandomGraph(Graph& graph, unsigned seed) : graph_(graph), random_(seed) {
    values_ = {graph.input("a", {kDouble, {kRows, 6}}), graph.input("b", {kDouble, {kRows, 6}}),
               reshape(slice(graph.state("s", {kDouble, {40}}), 0, 3, 9), Shape{1, 6})};
    for (int i = 0; i < 40; ++i) values_.push_back(next());
  }

  std::vector<Value> pick_results(size_t count) {
    std::vector<Value> results;
    for (size_t i = 0; i < count; ++i) results.push_back(any());
    return results;
  }

  static constexpr int64_t kRows = 37;

 private:
  Value any() { return values_[random_() % values_.size()]; }
  Value full() {
    const Value value = any();
    return value.shape() == Shape{kRows, 6} ? value : broadcast_to(value, Shape{kRows, 6});
  }

  Value next() {
    switch (random_() % 14) {
      case 0: return tanh(any() + any());
      case 1: return 0.5 * any() - square(tanh(any()));
      case 2: return sigmoid(any()) * any();
      case 3: return select(less(any(), any()), any(), tanh(any()));
      case 4: return sum(tanh(full()), {1});
      case 5: return mean(full(), {0});
      case 6: return tanh(matmul(matmul(full(), full(), false, true), 0.02 * full()));
      case 7: return concat({slice(full(), 1, 2, 6), slice(full(), 1, 0, 2)}, 1);
      case 8: return take(full(), {5, 0, 3, 1, 1, 2});
      case 9: return last_row();
      case 10: return reshape(transpose(reshape(full(), Shape{6, kRows}), {1, 0}), Shape{kRows, 6});
      case 11: return exp(negate(square(any())));
      case 12: return softmax(full());
      default: return cast(cast(any(), DType::float64), DType::float64) + any();
    }
  }

  // A view that starts inside another tensor and is broadcast back.
  Value last_row() { return slice(tanh(full()), 0, kRows - 1, kRows) + 0.1 * full(); }

  Graph& graph_;
  std::mt19937 random_;
  std::vector<Value> values_;
};

struct Sample {
  Tensor a, b, s;
  explicit Sample(unsigned seed) {
    std::mt19937 random(seed + 1000);
    const Shape shape{RandomGraph::kRows, 6};
    a = random_tensor(random, shape);
    b = random_tensor(random, shape);
    s = random_tensor(random, Shape{40});
  }
};

struct Result {
  std::vector<Tensor> outputs;
  Tensor state;
};

Result run(const Graph& graph, const Sample& sample, const CompileOptions& options, int threads) {
  ThreadPool pool(threads);
  Workspace workspace(compile(graph, options), threads);
  AlignedBuffer state(padded_bytes(40 * sizeof(double)));
  write(state.data(), sample.s);
  if (!graph.states().empty()) workspace.bind_state("s", state.data());
  if (!graph.inputs().empty()) {
    write(workspace.input("a"), sample.a);
    write(workspace.input("b"), sample.b);
  }
  workspace.run(&pool);
  Result result;
  for (const auto& [name, value] : graph.outputs()) {
    result.outputs.push_back(read(workspace.output(name), value.shape()));
  }
  result.state = read(state.data(), Shape{40});
  return result;
}

TEST(Program, ComputesWhatTheInterpreterDoes) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    Graph graph;
    RandomGraph made(graph, seed);
    const std::vector<Value> results = made.pick_results(4);
    for (size_t i = 0; i < results.size(); ++i) graph.output(text("out", i), results[i]);
    const Sample sample(seed);
    const Sources sources = {{"a", sample.a}, {"b", sample.b}, {"s", sample.s}};
    const std::vector<Tensor> expected = interpret(results, sources);
    for (const bool fuse : {false, true}) {
      for (const bool independent : {false, true}) {
        const Result result =
            run(graph, sample, {.rows_independent = independent, .fuse = fuse}, 1);
        for (size_t i = 0; i < expected.size(); ++i)
          expect_near(result.outputs[i], expected[i], 1e-11);
      }
    }
    // Threads change no bit.
    const Result one = run(graph, sample, {}, 1);
    const Result three = run(graph, sample, {}, 3);
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_EQ(one.outputs[i].data, three.outputs[i].data);
  }
}

TEST(Program, GradientsAgreeWithTheInterpreter) {
  for (unsigned seed = 100; seed < 125; ++seed) {
    SCOPED_TRACE(seed);
    Graph graph;
    RandomGraph made(graph, seed);
    Value loss = graph.scalar(0, kDouble);
    for (const Value& result : made.pick_results(3)) {
      std::vector<int64_t> axes;
      for (int axis = 0; axis < result.shape().rank(); ++axis) axes.push_back(axis);
      loss = loss + sum(tanh(result), axes, false);
    }
    const std::vector<Value> sources_of = {graph.inputs()[0], graph.inputs()[1]};
    const std::vector<Value> gradients = gradient(loss, sources_of);
    for (size_t i = 0; i < gradients.size(); ++i) graph.output(text("out", i), gradients[i]);
    const Sample sample(seed);
    const std::vector<Tensor> expected =
        interpret(gradients, {{"a", sample.a}, {"b", sample.b}, {"s", sample.s}});
    const Result result = run(graph, sample, {}, 2);
    for (size_t i = 0; i < expected.size(); ++i) expect_near(result.outputs[i], expected[i], 1e-10);
  }
}

// A state is written in place only where nothing reads the old value later.
TEST(Program, StatesTakeTheirNewValueAtTheEnd) {
  Graph graph;
  const Value s = graph.state("s", {kDouble, {40}});
  const Value updated = 2.0 * s + 1.0;
  graph.assign(s, updated);
  graph.output("sum_of_old", sum(s, {0}, false));
  graph.output("old_after_new", sum(updated, {0}, false) + slice(s, 0, 7, 8));
  graph.output("same_place", tanh(s) + updated);
  const Sample sample(1);
  for (const bool fuse : {false, true}) {
    const Result result = run(graph, sample, {.fuse = fuse}, 1);
    double old_sum = 0;
    double new_sum = 0;
    for (size_t i = 0; i < 40; ++i) {
      const double old = sample.s.data[i];
      EXPECT_DOUBLE_EQ(result.state.data[i], 2 * old + 1);
      EXPECT_NEAR(result.outputs[2].data[i], std::tanh(old) + 2 * old + 1, 1e-12);
      old_sum += old;
      new_sum += 2 * old + 1;
    }
    EXPECT_NEAR(result.outputs[0].data[0], old_sum, 1e-12);
    EXPECT_NEAR(result.outputs[1].data[0], new_sum + sample.s.data[7], 1e-12);
  }
}

TEST(Program, RunsAgainWithTheSameBitsAndSharesAnArena) {
  Graph graph;
  RandomGraph made(graph, 7);
  const std::vector<Value> results = made.pick_results(2);
  graph.output("out", results[0] + results[1]);
  const auto program = compile(graph);
  const auto arena = std::make_shared<Arena>();
  const Sample sample(7);
  AlignedBuffer state(padded_bytes(40 * sizeof(double)));
  write(state.data(), sample.s);
  Workspace first(program, 1, arena);
  Workspace second(program, 1, arena);
  std::vector<Tensor> seen;
  for (Workspace* workspace : {&first, &second, &first}) {
    workspace->bind_state("s", state.data());
    write(workspace->input("a"), sample.a);
    write(workspace->input("b"), sample.b);
    workspace->run();
    seen.push_back(read(workspace->output("out"), program->outputs[0].type.shape));
  }
  EXPECT_EQ(seen[0].data, seen[1].data);
  EXPECT_EQ(seen[0].data, seen[2].data);
}

TEST(Program, NamesTheOperatorThatIsNotFinite) {
  Graph graph;
  const Value a = graph.input("a", {kDouble, {4}});
  Value bad;
  {
    const Scope outer(graph, "coupling 3");
    const Scope inner(graph, "conditioner");
    bad = log(a);
  }
  graph.output("out", tanh(bad * 2.0));
  Workspace workspace(compile(graph, {.fuse = false}));
  write(workspace.input("a"), Tensor(Shape{4}, {1, 2, -1, 3}));
  EXPECT_EQ(workspace.first_not_finite(), "operator 'log' at coupling 3 / conditioner");
  write(workspace.input("a"), Tensor(Shape{4}, {1, 2, 1, 3}));
  EXPECT_EQ(workspace.first_not_finite(), "");
}

TEST(Program, TakesZeroRows) {
  Graph graph;
  const Value a = graph.input("a", {kDouble, {0, 6}});
  const Value b = graph.input("b", {kDouble, {6, 3}});
  graph.output("product", tanh(matmul(a, b)));
  graph.output("sum", sum(a, {0}));
  Workspace workspace(compile(graph));
  write(workspace.input("b"), Tensor(Shape{6, 3}));
  workspace.run();
  const Tensor sums = read(workspace.output("sum"), Shape{1, 6});
  for (const double value : sums.data) EXPECT_EQ(value, 0.0);
}

TEST(Graph, ErrorsNameOperatorShapesAndPlace) {
  Graph graph;
  const Value a = graph.input("a", {kDouble, {4, 6}});
  const Value b = graph.input("b", {kDouble, {5, 3}});
  const Scope scope(graph, "coupling 3");
  try {
    matmul(a, b);
    FAIL();
  } catch (const Error& error) {
    const std::string message = error.what();
    for (const char* part : {"matmul", "coupling 3", "[4, 6]", "[5, 3]"}) {
      EXPECT_NE(message.find(part), std::string::npos) << message;
    }
  }
}

}  // namespace
}  // namespace castalia
