// What is computed of a convolution in the convolution's own step has the bits that it has in steps
// of its own, for every kind of convolution, thread count and way of giving the weights.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "cpp/base/text.h"
#include "cpp/base/thread_pool.h"
#include "cpp/compile/compile.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/prepared_operands.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

// A layer, and what it gives to compute with: its result, and inputs of the shapes that go with it.
struct Operands {
  Value result, bias, residual, row;
};

struct Epilogue {
  const char* name;
  std::function<void(Graph&, const Operands&)> trace;
};

const std::vector<Epilogue>& epilogues() {
  static const std::vector<Epilogue> all = {
      {"bias", [](Graph& g, const Operands& o) { g.output("y", o.result + o.bias); }},
      {"bias on the left, rectifier",
       [](Graph& g, const Operands& o) { g.output("y", relu(o.bias + o.result)); }},
      {"leaky rectifier",
       [](Graph& g, const Operands& o) {
         const Value z = o.result + o.bias;
         g.output("y", maximum(z, 0.2 * z));
       }},
      {"residual, and a factor for each image",
       [](Graph& g, const Operands& o) {
         g.output("y", (tanh(o.result + o.bias) + o.residual) * o.row);
       }},
      {"mask of the backward pass",
       [](Graph& g, const Operands& o) {
         const Value zero = g.scalar(0.0, o.result.dtype());
         g.output("y", select(less(zero, o.residual), o.result, zero));
       }},
      {"result wanted too",
       [](Graph& g, const Operands& o) {
         g.output("z", o.result);
         g.output("y", relu(o.result + o.bias));
       }},
      {"nothing left of the result's type",
       [](Graph& g, const Operands& o) {
         const DType other = o.result.dtype() == DType::float32 ? DType::float64 : DType::float32;
         g.output("y", cast(o.result + o.bias, other));
       }},
      {"seen in another shape",
       [](Graph& g, const Operands& o) {
         const Value flat = reshape(o.result, Shape{o.result.shape().count()});
         g.output("y", relu(flat) - reshape(o.residual, flat.shape()));
       }},
  };
  return all;
}

// What a layer reads, and how it is traced.
struct Layer {
  const char* name;
  Shape images, weights;
  std::function<Value(Value images, Value weights)> trace;
  bool packs = true;  // weights that do not change, once
};

const std::vector<Layer>& layers() {
  const auto forward = [](const Window& window, int64_t groups = 1) {
    return [=](Value x, Value w) { return convolution(x, w, window, groups); };
  };
  const auto transposed = [](const Window& window, int64_t groups = 1) {
    return [=](Value x, Value w) { return convolution_transpose(x, w, window, {}, groups); };
  };
  const Window halving = Window::padded({1}, {2});
  static const std::vector<Layer> all = {
      {"one axis", {3, 50, 4}, {5, 4, 7}, forward(Window::padded({2}))},
      {"stride two", {5, 8, 8, 6}, {4, 4, 6, 20}, forward(halving)},
      {"few images, many channels", {2, 6, 6, 40}, {3, 3, 40, 150}, forward(Window::padded({1}))},
      {"several slabs", {2, 40, 41, 3}, {3, 3, 3, 16}, forward(Window::padded({1}))},
      {"sums of several parts", {2, 5, 5, 70}, {4, 4, 70, 17}, forward(halving)},
      {"more weights than are packed at a time",
       {1, 3, 3, 300},
       {3, 3, 300, 110},
       forward(Window::padded({1}))},
      {"groups and dilation",
       {2, 7, 7, 6},
       {3, 3, 2, 12},
       forward({.dilation = {2}, .padding_before = {1}, .padding_after = {2}}, 3)},
      {"few channels", {2, 9, 70, 12}, {3, 3, 12, 2}, forward(Window::padded({1})), false},
      {"three axes", {2, 7, 6, 5, 3}, {3, 3, 3, 3, 16}, forward(halving)},
      {"windows in the padding alone",
       {2, 2, 2, 2},
       {2, 2, 2, 3},
       forward(Window::padded({3})),
       false},
      {"no channels to sum", {2, 4, 4, 0}, {3, 3, 0, 4}, forward(Window::padded({1})), false},
      {"no images", {0, 4, 4, 2}, {3, 3, 2, 4}, forward(Window::padded({1}))},
      {"transposed", {3, 5, 5, 20}, {4, 4, 6, 20}, transposed(halving)},
      {"transposed, stride of one", {2, 9, 40, 8}, {3, 3, 9, 8}, transposed(Window::padded({1}))},
      {"transposed to few channels", {2, 6, 6, 24}, {4, 4, 3, 24}, transposed(halving), false},
      {"transposed in groups", {2, 5, 4, 8}, {3, 3, 5, 8}, transposed(halving, 2)},
      {"transposed, three axes", {2, 4, 4, 4, 10}, {4, 4, 4, 1, 10}, transposed(halving), false},
      {"gradient of the weights",
       {4, 9, 9, 6},
       {4, 9, 9, 10},
       [](Value x, Value g) {
         return convolution_weight_gradient(x, g, {3, 3}, Window::padded({1}));
       },
       false},
      {"gradient of few channels",
       {4, 8, 8, 3},
       {4, 4, 4, 40},
       [=](Value x, Value g) {
         return convolution_weight_gradient(x, g, {4, 4}, halving);
       },
       false},
      {"gradient of one channel",
       {4, 8, 8, 5},
       {4, 8, 8, 1},
       [](Value x, Value g) {
         return convolution_weight_gradient(x, g, {3, 3}, Window::padded({1}));
       },
       false},
      {"weights at every position",
       {3, 6, 5, 3},
       {30, 27, 4},
       [](Value x, Value w) {
         return locally_connected(x, w, {3, 3}, Window::padded({1}));
       },
       false},
  };
  return all;
}

using Bytes = std::vector<std::byte>;

struct Setting {
  bool fuse = true;
  bool fixed = false;
  int threads = 1;
};

class Trial {
 public:
  Trial(const Layer& layer, const Epilogue& epilogue, DType dtype) {
    const Value images = graph_.input("images", {dtype, layer.images});
    const Value weights = graph_.state("weights", {dtype, layer.weights});
    Operands operands;
    operands.result = layer.trace(images, weights);
    const Shape& shape = operands.result.shape();
    Shape row = shape;
    for (int axis = 1; axis < row.rank(); ++axis) row[axis] = 1;
    operands.bias = graph_.input("bias", {dtype, {shape.back()}});
    operands.residual = graph_.input("residual", {dtype, shape});
    operands.row = graph_.input("row", {dtype, row});
    weights_ = weights.type();
    epilogue.trace(graph_, operands);
  }

  std::shared_ptr<const Program> program(const Setting& setting) const {
    return compile(graph_, {.states_fixed = setting.fixed, .fuse = setting.fuse});
  }

  Bytes run(const Setting& setting) const {
    Workspace workspace(program(setting), setting.threads);
    AlignedBuffer weights(padded_bytes(weights_.bytes()));
    fill(weights.data(), weights_, 1);
    workspace.bind_state("weights", weights.data());
    PreparedOperands prepared;
    workspace.prepare(prepared);
    unsigned seed = 2;
    for (const Value& input : graph_.inputs()) {
      fill(workspace.input(input.node().attributes.string("name")), input.type(), seed++);
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
  TensorType weights_;
};

TEST(ConvolutionEpilogue, HasTheBitsOfSeparateSteps) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    for (const Layer& layer : layers()) {
      for (const Epilogue& epilogue : epilogues()) {
        SCOPED_TRACE(text(layer.name, ", ", epilogue.name, ", ", name(dtype)));
        const Trial trial(layer, epilogue, dtype);
        const Bytes expected = trial.run({.fuse = false});
        EXPECT_EQ(trial.run({}), expected);
        EXPECT_EQ(trial.run({.threads = 3}), expected);
        EXPECT_EQ(trial.run({.fixed = true}), expected);
        EXPECT_EQ(trial.run({.fuse = false, .fixed = true}), expected);
      }
    }
  }
}

TEST(ConvolutionEpilogue, IsPartOfTheConvolutionsStep) {
  for (const Layer& layer : layers()) {
    for (const Epilogue& epilogue : epilogues()) {
      SCOPED_TRACE(text(layer.name, ", ", epilogue.name));
      EXPECT_EQ(Trial(layer, epilogue, DType::float32).program({})->steps.size(), 1U);
    }
  }
}

TEST(PreparedConvolution, ReadsWeightsThatWerePackedOnce) {
  for (const Layer& layer : layers()) {
    const Trial trial(layer, epilogues()[0], DType::float32);
    const size_t packed = trial.program({.fixed = true})->preparations.size();
    EXPECT_EQ(packed, layer.packs ? 1U : 0U) << layer.name;
    EXPECT_EQ(trial.program({})->preparations.size(), 0U) << layer.name;
  }
}

}  // namespace
}  // namespace castalia
