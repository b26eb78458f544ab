// What is computed of a product in the product's own step has the bits that it has in steps of its
// own, for every size, thread count and way of giving the weights.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/compile/compile.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/prepared_operands.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

struct Operands {
  Value x, w, bias, residual, column;
};

struct Epilogue {
  const char* name;
  int steps;  // of the Program
  std::function<void(Graph&, const Operands&)> trace;
};

const std::vector<Epilogue>& epilogues() {
  static const std::vector<Epilogue> all = {
      {"bias", 1, [](Graph& g, const Operands& o) { g.output("y", matmul(o.x, o.w) + o.bias); }},
      {"bias on the left, rectifier", 1,
       [](Graph& g, const Operands& o) { g.output("y", relu(o.bias + matmul(o.x, o.w))); }},
      {"rectifier alone", 1,
       [](Graph& g, const Operands& o) { g.output("y", relu(matmul(o.x, o.w))); }},
      {"activation of two passes", 1,
       [](Graph& g, const Operands& o) {
         const Value z = matmul(o.x, o.w) + o.bias;
         g.output("y", z * sigmoid(z));
       }},
      {"residual", 1,
       [](Graph& g, const Operands& o) {
         g.output("y", tanh(matmul(o.x, o.w) + o.bias) + o.residual);
       }},
      {"mask of the backward pass", 1,
       [](Graph& g, const Operands& o) {
         const Value zero = g.scalar(0.0, o.x.dtype());
         g.output("y", select(less(zero, o.residual), matmul(o.x, o.w), zero));
       }},
      {"residual layer", 1,
       [](Graph& g, const Operands& o) {
         const Value z = leaky_relu(matmul(o.x, o.w) + o.bias + o.residual, 0.1);
         g.output("y", o.residual + o.column * z);
       }},
      {"residual layer and where its rectifier passes", 1,
       [](Graph& g, const Operands& o) {
         const Value z = leaky_relu(matmul(o.x, o.w) + o.residual, 0.1);
         g.output("y", (z * o.column + o.bias) * 0.3 + 0.7);
         g.output("passes", less(g.scalar(0.0, z.dtype()), z));
       }},
      {"gradient of a leaky rectifier", 1,
       [](Graph& g, const Operands& o) {
         const Value z = matmul(o.x, o.w) + o.residual;
         g.output("y", select(less(g.scalar(0.0, z.dtype()), o.residual), z, z * 0.1));
       }},
      {"gradient of a leaky rectifier, with a mask", 1,
       [](Graph& g, const Operands& o) {
         const Value z = matmul(o.x, o.w);
         g.output("z", z);
         g.output("y", select(o.residual, z, z * 0.1) * o.column);
       }},
      {"rectifier after a residual, twice wanted", 1,
       [](Graph& g, const Operands& o) {
         const Value y = relu(matmul(o.x, o.w) + o.residual);
         g.output("y", y);
         g.output("again", y);
       }},
      {"product and activation both wanted", 1,
       [](Graph& g, const Operands& o) {
         const Value z = matmul(o.x, o.w) + o.bias;
         g.output("z", z);
         g.output("y", tanh(z));
       }},
      {"raw product wanted too", 1,
       [](Graph& g, const Operands& o) {
         const Value z = matmul(o.x, o.w);
         g.output("z", z);
         g.output("y", relu(z + o.bias) * o.column);
       }},
      {"nothing left of the product's type", 1,
       [](Graph& g, const Operands& o) {
         const DType other = o.x.dtype() == DType::float32 ? DType::float64 : DType::float32;
         g.output("y", cast(matmul(o.x, o.w) + o.bias, other));
       }},
      {"seen in another shape", 1,
       [](Graph& g, const Operands& o) {
         const Value z = matmul(o.x, o.w);
         const Value flat = reshape(z, Shape{z.shape().count()});
         g.output("y", tanh(flat) + reshape(o.residual, flat.shape()));
       }},
      {"overwritten before it is read for the last time", 1,
       [](Graph& g, const Operands& o) {
         const Value z = matmul(o.x, o.w);
         g.output("y", tanh(z));
         g.output("sum", z + o.residual);
       }},
      {"in two shapes", 1,
       [](Graph& g, const Operands& o) {
         const Value z = matmul(o.x, o.w) + o.bias;
         const Shape cloud{z.shape()[0], 1, z.shape()[1], 1};
         const Value y = reshape(z, cloud) * reshape(o.column, Shape{cloud[0], 1, 1, 1});
         g.output("y", tanh(y) + reshape(o.residual, cloud));
         g.output("z", z);
       }},
      {"the product twice", 1,
       [](Graph& g, const Operands& o) {
         const Value z = matmul(o.x, o.w);
         g.output("y", relu(z + z));
       }},
      {"a column and the whole of it", 2,
       [](Graph& g, const Operands& o) {
         const Value z = matmul(o.x, o.w) + o.bias;
         g.output("y", z * slice(reshape(z, Shape{z.shape().count()}), 0, 0, 1));
       }},
  };
  return all;
}

struct Size {
  int64_t m, k, n;
};

// The outputs of a graph, one after another, as bytes.
using Bytes = std::vector<std::byte>;

struct Setting {
  bool fuse = true;
  bool fixed = false;
  int threads = 1;
};

class Trial {
 public:
  Trial(const Epilogue& epilogue, DType dtype, const Size& size) {
    operands_.x = graph_.input("x", {dtype, {size.m, size.k}});
    operands_.w = graph_.state("w", {dtype, {size.k, size.n}});
    operands_.bias = graph_.input("bias", {dtype, {size.n}});
    operands_.residual = graph_.input("residual", {dtype, {size.m, size.n}});
    operands_.column = graph_.input("column", {dtype, {size.m, 1}});
    epilogue.trace(graph_, operands_);
  }

  std::shared_ptr<const Program> program(const Setting& setting) const {
    return compile(graph_, {.states_fixed = setting.fixed, .fuse = setting.fuse});
  }

  // Row i of x has the same numbers whatever m is.
  Bytes run(const Setting& setting) const {
    Workspace workspace(program(setting), setting.threads);
    AlignedBuffer weights(padded_bytes(operands_.w.type().bytes()));
    fill(weights.data(), operands_.w.type(), 1);
    workspace.bind_state("w", weights.data());
    PreparedOperands prepared;
    workspace.prepare(prepared);
    unsigned seed = 2;
    for (const Value& input : graph_.inputs()) {
      const std::string& name = input.node().attributes.string("name");
      fill(workspace.input(name), input.type(), seed++);
    }
    ThreadPool pool(setting.threads);
    workspace.run(&pool);
    Bytes all;
    for (const auto& [name, value] : graph_.outputs()) {
      const auto* data = static_cast<const std::byte*>(workspace.output(name));
      all.insert(all.end(), data, data + value.type().bytes());
    }
    return all;
  }

 private:
  static void fill(void* data, const TensorType& type, unsigned seed) {
    std::mt19937 engine(seed);
    std::normal_distribution<double> normal;
    for (int64_t i = 0; i < type.shape.count(); ++i) {
      const double value = normal(engine);
      if (type.dtype == DType::float32) {
        static_cast<float*>(data)[i] = static_cast<float>(value);
      } else {
        static_cast<double*>(data)[i] = value;
      }
    }
  }

  Graph graph_;
  Operands operands_;
};

TEST(Epilogue, HasTheBitsOfSeparateSteps) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    for (const Size& size :
         {Size{1, 5, 3}, Size{1, 128, 128}, Size{7, 6, 17}, Size{64, 0, 9}, Size{130, 300, 138},
          Size{33, 40, 600}, Size{300, 64, 1}, Size{0, 4, 3}, Size{131, 300, 64}, Size{2, 7, 96},
          Size{3, 20, 32}, Size{2, 70, 96}, Size{3, 64, 32}}) {
      for (const Epilogue& epilogue : epilogues()) {
        SCOPED_TRACE(
            text(epilogue.name, ", ", name(dtype), ", ", size.m, " x ", size.k, " x ", size.n));
        if (size.m * size.n == 0 && std::string(epilogue.name) == "a column and the whole of it")
          continue;
        const Trial trial(epilogue, dtype, size);
        const Bytes expected = trial.run({.fuse = false});
        EXPECT_EQ(trial.run({}), expected);
        EXPECT_EQ(trial.run({.threads = 3}), expected);
        EXPECT_EQ(trial.run({.fixed = true}), expected);
        EXPECT_EQ(trial.run({.fuse = false, .fixed = true}), expected);
      }
    }
  }
}

TEST(Epilogue, IsPartOfTheProductsStep) {
  for (const Epilogue& epilogue : epilogues()) {
    const Trial trial(epilogue, DType::float32, {130, 30, 20});
    EXPECT_EQ(static_cast<int>(trial.program({})->steps.size()), epilogue.steps) << epilogue.name;
  }
}

// Rows of a matrix that are particles of clouds: what follows the product sees them as either.
TEST(Epilogue, SpansShapesThatNest) {
  const auto run = [](bool fuse, int64_t depth, int64_t width) {
    Graph graph;
    const Value x = graph.input("x", {DType::float32, {4 * 6, depth}});
    const Value w = graph.input("w", {DType::float32, {depth, width}});
    const Value bias = graph.input("bias", {DType::float32, {width}});
    const Value item = graph.input("item", {DType::float32, {4, 1, width}});
    const Value place = graph.input("place", {DType::float32, {6, 1}});
    const Value wide = graph.input("wide", {DType::float32, {12, 1}});
    const Value z = matmul(x, w) + bias;
    const Value cloud = reshape(z, Shape{4, 6, width}) * item + place;
    const Value back = relu(reshape(cloud, Shape{4 * 6, width})) + bias;
    graph.output("y", reshape(back, Shape{2, 12, width}) * wide);
    Workspace workspace(compile(graph, {.fuse = fuse}));
    EXPECT_EQ(workspace.program().steps.size(), fuse ? 1U : 7U);
    std::mt19937 engine(3);
    std::normal_distribution<float> normal;
    for (const Value& input : graph.inputs()) {
      auto* to = static_cast<float*>(workspace.input(input.node().attributes.string("name")));
      for (int64_t i = 0; i < input.shape().count(); ++i) to[i] = normal(engine);
    }
    workspace.run();
    const auto* y = static_cast<const float*>(workspace.output("y"));
    return std::vector<float>(y, y + 4 * 6 * width);
  };
  // The deeper, wider product has these as steps in its registers.
  EXPECT_EQ(run(true, 5, 8), run(false, 5, 8));
  EXPECT_EQ(run(true, 80, 64), run(false, 80, 64));
}

TEST(PreparedOperands, AreMadeOnceForAllBatchesAndAnewWhenTold) {
  Graph small, large;
  for (auto [graph, rows] : {std::pair{&small, 1}, std::pair{&large, 50}}) {
    const Value flat = graph->state("flat", {DType::float32, {1 + 12 * 7}});
    const Value w = reshape(slice(flat, 0, 1, 1 + 12 * 7), Shape{12, 7});
    const Value x = graph->input("x", {DType::float32, {rows, 12}});
    graph->output("y", relu(matmul(x, w)));
  }
  AlignedBuffer flat(padded_bytes((1 + 12 * 7) * sizeof(float)));
  const auto weights = reinterpret_cast<float*>(flat.data());
  PreparedOperands operands;
  const auto result = [&](const Graph& graph) {
    Workspace workspace(compile(graph, {.states_fixed = true}));
    EXPECT_EQ(workspace.program().preparations.size(), 1U);
    workspace.bind_state("flat", flat.data());
    workspace.prepare(operands);
    auto x = static_cast<float*>(workspace.input("x"));
    for (int i = 0; i < 12; ++i) x[i] = 1;
    workspace.run();
    return static_cast<const float*>(workspace.output("y"))[3];
  };
  for (int i = 0; i < 1 + 12 * 7; ++i) weights[i] = 2;
  EXPECT_EQ(result(small), 24);
  const size_t bytes = operands.bytes();
  EXPECT_GE(bytes, 12 * 7 * sizeof(float));
  EXPECT_EQ(result(large), 24);
  EXPECT_EQ(operands.bytes(), bytes);
  for (int i = 0; i < 1 + 12 * 7; ++i) weights[i] = 3;
  operands.clear();
  EXPECT_EQ(result(small), 36);
}

// States that the graph assigns change from run to run, whatever the options say.
TEST(PreparedOperands, AreNotMadeOfStatesThatChange) {
  Graph graph;
  const Value w = graph.state("w", {DType::float32, {4, 4}});
  const Value x = graph.input("x", {DType::float32, {2, 4}});
  graph.output("y", matmul(x, w));
  graph.assign(w, w * 2.0);
  EXPECT_TRUE(compile(graph, {.states_fixed = true})->preparations.empty());
}

TEST(Workspace, RefusesToRunBeforeItsStatesAreThere) {
  Graph graph;
  const Value w = graph.state("w", {DType::float32, {4, 4}});
  graph.output("y", matmul(graph.input("x", {DType::float32, {2, 4}}), w));
  AlignedBuffer weights(padded_bytes(64));
  Workspace workspace(compile(graph, {.states_fixed = true}));
  EXPECT_THROW(workspace.run(), Error);
  workspace.bind_state("w", weights.data());
  EXPECT_THROW(workspace.run(), Error);
  PreparedOperands operands;
  workspace.prepare(operands);
  EXPECT_NO_THROW(workspace.run());
}

}  // namespace
}  // namespace castalia
