// A reduction that computes its operand itself gives the bits of separate steps, for every axis,
// size, type and thread count, whoever else reads the chain.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/text.h"
#include "cpp/base/thread_pool.h"
#include "cpp/compile/compile.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

// x and y fill the shape (a, b, c); the others are broadcast to it.
struct Operands {
  Value x, y, row, column, item;
};

struct Chain {
  const char* name;
  const char* label;  // of the only step that reduces, where that is worth stating
  std::function<void(Graph&, const Operands&)> trace;
  bool has_extreme = false;  // an extreme of no elements is an error
};

Value all_of(Value x) { return sum(x, {0, 1, 2}, false); }

const std::vector<Chain>& chains() {
  static const std::vector<Chain> all = {
      {"everything", "subtract square + sum",
       [](Graph& g, const Operands& o) { g.output("r", all_of(square(o.x - 1.0))); }},
      {"the last axis", "multiply + sum",
       [](Graph& g, const Operands& o) { g.output("r", sum(o.x * o.column, {2})); }},
      {"a middle axis", "multiply add + sum",
       [](Graph& g, const Operands& o) { g.output("r", sum(o.x * o.row + o.y, {1})); }},
      {"the first axis", "multiply tanh + sum",
       [](Graph& g, const Operands& o) { g.output("r", sum(tanh(o.x * o.item), {0})); }},
      {"two axes apart", "exp + sum",
       [](Graph& g, const Operands& o) {
         g.output("r", sum(exp(o.x), {0, 2}));
       }},
      {"the mean", "square + sum",
       [](Graph& g, const Operands& o) {
         g.output("r", mean(square(o.x), {1, 2}));
       }},
      {"the largest", "subtract abs + max",
       [](Graph& g, const Operands& o) { g.output("r", max(abs(o.x - o.y), 2)); }, true},
      {"the largest of columns", "multiply + max",
       [](Graph& g, const Operands& o) { g.output("r", max(o.x * o.row, 1)); }, true},
      {"the smallest", "negate + min",
       [](Graph& g, const Operands& o) { g.output("r", min(negate(o.x), 0)); }, true},
      {"the product", "multiply add + product",
       [](Graph& g, const Operands& o) { g.output("r", product(o.x * 0.1 + 1.0, -1)); }},
      {"the logarithm of a sum of exponentials", "",
       [](Graph& g, const Operands& o) { g.output("r", logsumexp(o.x + o.y)); }, true},
      {"to another type", "cast multiply + sum",
       [](Graph& g, const Operands& o) {
         const DType other = o.x.dtype() == DType::float32 ? DType::float64 : DType::float32;
         g.output("r", sum(cast(o.x, other) * 0.3, {1}));
       }},
      {"in another shape", "tanh + sum",
       [](Graph& g, const Operands& o) {
         const Shape& shape = o.x.shape();
         g.output("r", sum(reshape(tanh(o.x), Shape{shape[0] * shape[1], shape[2]}), {0}));
       }},
      {"the chain is an output too", "exp + sum",
       [](Graph& g, const Operands& o) {
         const Value e = exp(o.x);
         g.output("e", e);
         g.output("r", sum(e, {2}));
       }},
      {"a later step reads the chain", "",
       [](Graph& g, const Operands& o) {
         const Value e = exp(o.x - max(o.x, 2));
         g.output("r", e / sum(e, {2}));
       },
       true},
      {"the middle of the chain is an output", "",
       [](Graph& g, const Operands& o) {
         const Value d = o.x - o.y;
         g.output("d", d);
         g.output("r", sum(square(d), {1}));
       }},
      {"two reductions of one chain", "",
       [](Graph& g, const Operands& o) {
         const Value e = exp(o.x);
         g.output("r", sum(e, {1}));
         g.output("s", max(e, 2));
       },
       true},
      {"two chains with a common part", "",
       [](Graph& g, const Operands& o) {
         const Value d = o.x - o.y;
         g.output("r", sum(square(d), {2}));
         g.output("s", sum(abs(d), {2}));
       }},
      {"the operand itself twice", "multiply + sum",
       [](Graph& g, const Operands& o) { g.output("r", sum(o.x * o.x, {1})); }},
      {"a slice of the chain", "",
       [](Graph& g, const Operands& o) {
         if (o.x.shape()[0] == 0) return g.output("r", o.x);
         g.output("r", sum(slice(exp(o.x), 0, 0, 1), {1}));
       }},
      {"the chain and a row of it", "",
       [](Graph& g, const Operands& o) {
         if (o.x.shape()[0] == 0) return g.output("r", o.x);
         const Value e = exp(o.x);
         g.output("r", sum(e * slice(e, 0, 0, 1), {1}));
       }},
      {"a gradient", "",
       [](Graph& g, const Operands& o) {
         const Value loss = mean(square(tanh(o.x * o.row + o.item) - o.y));
         const Value wanted[] = {o.row, o.item, o.column};
         const std::vector<Value> found = gradient(loss + mean(o.column * o.x), wanted);
         for (size_t i = 0; i < found.size(); ++i) g.output(text("g", i), found[i]);
         g.output("loss", loss);
       }},
  };
  return all;
}

// The bytes of all outputs, one after another.
using Bytes = std::vector<std::byte>;

class Trial {
 public:
  Trial(const Chain& chain, DType dtype, const Shape& shape, bool extreme = false)
      : extreme_(extreme) {
    const int64_t a = shape[0], b = shape[1], c = shape[2];
    const Operands operands = {graph_.input("x", {dtype, shape}), graph_.input("y", {dtype, shape}),
                               graph_.input("row", {dtype, {c}}),
                               graph_.input("column", {dtype, {a, b, 1}}),
                               graph_.input("item", {dtype, {a, 1, c}})};
    chain.trace(graph_, operands);
  }

  std::shared_ptr<const Program> program(bool fuse) const {
    return compile(graph_, {.rows_independent = false, .fuse = fuse});
  }

  Bytes run(bool fuse, int threads) const {
    Workspace workspace(program(fuse), threads);
    unsigned seed = 2;
    for (const Value& input : graph_.inputs()) {
      fill(workspace.input(input.node().attributes.string("name")), input.type(), seed++);
    }
    ThreadPool pool(threads);
    workspace.run(&pool);
    Bytes all;
    for (const auto& [name, value] : graph_.outputs()) {
      const auto* data = static_cast<const std::byte*>(workspace.output(name));
      all.insert(all.end(), data, data + value.type().bytes());
    }
    return all;
  }

 private:
  void fill(void* data, const TensorType& type, unsigned seed) const {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const double rare[] = {0.0, -0.0, kInfinity, -kInfinity, std::nan(""), 1e38, -1e38, 1e-42};
    std::mt19937 engine(seed);
    std::normal_distribution<double> normal;
    for (int64_t i = 0; i < type.shape.count(); ++i) {
      double value = normal(engine);
      if (extreme_ && engine() % 11 == 0) value = rare[engine() % 8];
      if (type.dtype == DType::float32) {
        static_cast<float*>(data)[i] = static_cast<float>(value);
      } else {
        static_cast<double*>(data)[i] = value;
      }
    }
  }

  Graph graph_;
  bool extreme_;
};

const Shape kShapes[] = {{3, 4, 5},     {1, 1, 1},    {2, 0, 3},    {0, 2, 3},
                         {3, 150, 128}, {1, 300, 1},  {2, 9, 1500}, {300, 1, 31},
                         {33, 5, 32},   {5, 1, 3000}, {1, 2, 700},  {40, 33, 17}};

TEST(Prologue, HasTheBitsOfSeparateSteps) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    for (const Shape& shape : kShapes) {
      for (const Chain& chain : chains()) {
        SCOPED_TRACE(text(chain.name, ", ", name(dtype), shape));
        if (shape.count() == 0 && chain.has_extreme) continue;
        const Trial trial(chain, dtype, shape);
        const Bytes expected = trial.run(false, 1);
        EXPECT_EQ(trial.run(true, 1), expected);
        EXPECT_EQ(trial.run(true, 3), expected);
      }
    }
  }
}

// What is not a number compares equal here too: the same operations give the same bits.
TEST(Prologue, HasTheBitsOfSeparateStepsForExtremeNumbers) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    for (const Shape& shape : {Shape{3, 4, 5}, Shape{7, 150, 33}, Shape{1, 2, 700}}) {
      for (const Chain& chain : chains()) {
        SCOPED_TRACE(text(chain.name, ", ", name(dtype), shape));
        const Trial trial(chain, dtype, shape, true);
        const Bytes expected = trial.run(false, 1);
        EXPECT_EQ(trial.run(true, 1), expected);
        EXPECT_EQ(trial.run(true, 3), expected);
      }
    }
  }
}

TEST(Prologue, IsPartOfTheReductionsStep) {
  for (const Chain& chain : chains()) {
    if (*chain.label == '\0') continue;
    const Trial trial(chain, DType::float32, {6, 150, 32});
    const auto program = trial.program(true);
    EXPECT_EQ(program->steps[0].label, chain.label) << chain.name;
    // What follows a reduction is a step of its own.
    EXPECT_LE(program->steps.size(), 2U) << chain.name;
  }
}

// A chain that nothing else reads takes no memory.
TEST(Prologue, IsNotInMemory) {
  const auto arena = [](const Chain& chain, bool fuse) {
    return Trial(chain, DType::float32, {64, 64, 64}).program(fuse)->arena_bytes;
  };
  const size_t whole = 64 * 64 * 64 * sizeof(float);
  const Chain& square_sum = chains()[0];
  EXPECT_GE(arena(square_sum, false), arena(square_sum, true) + whole);
}

// A large chain that other steps read keeps tiles of its own before a reduction that has one only.
TEST(Prologue, LeavesALargeChainItsTiles) {
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {1000, 500}});
  const Value e = exp(x);
  graph.output("e", e);
  graph.output("r", sum(e));
  const auto program = compile(graph);
  ASSERT_EQ(program->steps.size(), 2U);
  EXPECT_GT(program->steps[0].kernel->tiles(), 1);
}

}  // namespace
}  // namespace castalia
