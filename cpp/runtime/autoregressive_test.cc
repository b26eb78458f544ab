// An autoregressive layer that is inverted in one pass has the bits of as many passes through the
// dense network as there are features.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/text.h"
#include "cpp/compile/compile.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/prepared_operands.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

struct Sizes {
  int64_t features, hidden, further, context;
  const char* activation;
};

class Autoregressive : public testing::TestWithParam<DType> {
 protected:
  // A network whose weights are states, so that a Program may keep them in a form of its own.
  static AutoregressiveNetwork network(Graph& graph, const Sizes& sizes, DType dtype,
                                       int64_t parameters, int64_t first_rows) {
    const auto state = [&](const std::string& name, const Shape& shape) {
      return graph.state(name, {dtype, shape});
    };
    AutoregressiveNetwork out;
    out.activation = sizes.activation;
    for (int64_t u = 0; u < sizes.hidden; ++u) {
      out.degrees.push_back(u * sizes.features / sizes.hidden);
    }
    out.first_weight = state("first", Shape{sizes.features, sizes.hidden});
    out.first = graph.input("first bias", {dtype, {first_rows, sizes.hidden}});
    for (int64_t l = 0; l < sizes.further; ++l) {
      out.further.push_back({state(text("weight ", l), Shape{sizes.hidden, sizes.hidden}),
                             state(text("bias ", l), Shape{sizes.hidden})});
    }
    out.last_weight = state("last", Shape{sizes.hidden, sizes.features * parameters});
    out.last_bias = state("last bias", Shape{sizes.features * parameters});
    return out;
  }

  static std::vector<std::byte> numbers(int64_t count, DType dtype, uint64_t which, double scale) {
    std::vector<double> values(static_cast<size_t>(count));
    fill_normal(Stream{7, which, 1, 0}, values);
    std::vector<std::byte> bytes(padded_bytes(values.size() * size_of(dtype)));
    for (size_t i = 0; i < values.size(); ++i) {
      const double value = scale * values[i];
      if (dtype == DType::float32) {
        reinterpret_cast<float*>(bytes.data())[i] = static_cast<float>(value);
      } else {
        reinterpret_cast<double*>(bytes.data())[i] = value;
      }
    }
    return bytes;
  }

  // Runs a graph whose states and inputs are the same numbers for the same names and sizes.
  static std::vector<std::byte> run(const Graph& graph, DType dtype, bool fixed,
                                    const std::vector<std::string>& outputs) {
    PreparedOperands operands;
    Workspace workspace(compile(graph, {.states_fixed = fixed}));
    std::vector<AlignedBuffer> buffers;
    for (const Value& state : graph.states()) {
      const std::string name = state.node().attributes.string("name");
      const auto bytes = numbers(state.shape().count(), dtype, std::hash<std::string>()(name), 0.3);
      buffers.emplace_back(bytes.size());
      std::memcpy(buffers.back().data(), bytes.data(), bytes.size());
      workspace.bind_state(name, buffers.back().data());
    }
    if (fixed) workspace.prepare(operands);
    for (const Value& input : graph.inputs()) {
      const std::string name = input.node().attributes.string("name");
      const auto bytes = numbers(input.shape().count(), dtype, std::hash<std::string>()(name), 1.0);
      std::memcpy(workspace.input(name), bytes.data(),
                  static_cast<size_t>(input.shape().count()) * size_of(dtype));
    }
    workspace.run();
    std::vector<std::byte> all;
    for (const std::string& name : outputs) {
      for (const auto& [known, value] : graph.outputs()) {
        if (known != name) continue;
        const auto* from = static_cast<const std::byte*>(workspace.output(name));
        all.insert(all.end(), from,
                   from + static_cast<size_t>(value.shape().count()) * size_of(dtype));
      }
    }
    return all;
  }
};

TEST_P(Autoregressive, OnePassHasTheBitsOfManyThroughTheDenseNetwork) {
  const DType dtype = GetParam();
  const SplineOptions options{.bins = 4, .lower = -3, .upper = 3};
  const int64_t parameters = rq_spline_parameters(options);
  for (const Sizes& sizes : {Sizes{5, 9, 1, 0, "relu"}, Sizes{19, 40, 2, 1, "silu"},
                             Sizes{33, 21, 0, 1, "leaky_relu"}}) {
    for (const int64_t rows : {1, 7, 70}) {
      const int64_t first_rows = sizes.context > 0 ? rows : 1;
      Graph once;
      const Value y = once.input("y", {dtype, {rows, sizes.features}});
      const auto [x, log_det] =
          autoregressive_inverse(y, network(once, sizes, dtype, parameters, first_rows),
                                 rq_spline_inverse_operator(), options.attributes());
      once.output("x", x);
      once.output("log", log_det);

      Graph often;
      const Value z = often.input("y", {dtype, {rows, sizes.features}});
      const AutoregressiveNetwork dense = network(often, sizes, dtype, parameters, first_rows);
      RqSpline found{z, z};
      for (int64_t pass = 0; pass < sizes.features; ++pass) {
        found = rq_spline_inverse(z, dense.params(found.y), options);
      }
      often.output("x", found.y);
      often.output("log", found.log_abs_det);

      const auto expected = run(often, dtype, true, {"x", "log"});
      for (const bool fixed : {true, false}) {
        EXPECT_EQ(run(once, dtype, fixed, {"x", "log"}), expected)
            << sizes.features << " features, " << rows << " rows, weights "
            << (fixed ? "kept" : "read anew");
      }
    }
  }
}

// A product with masked weights has the bits of the product with zeros in their place.
TEST_P(Autoregressive, MaskedProductHasTheBitsOfTheDenseOne) {
  const DType dtype = GetParam();
  std::vector<int64_t> reach;
  for (int64_t j = 0; j < 90; ++j) reach.push_back(j * 50 / 90);
  for (const int64_t rows : {1, 9, 300}) {
    Graph graph;
    const Value x = graph.input("x", {dtype, {rows, 50}});
    const Value w = graph.state("w", {dtype, {50, 180}});
    std::vector<double> mask;
    for (int64_t i = 0; i < 50; ++i) {
      for (int64_t j = 0; j < 180; ++j) {
        mask.push_back(i < reach[static_cast<size_t>(j / 2)] ? 1 : 0);
      }
    }
    graph.output("masked", masked_matmul(x, w, reach));
    graph.output("dense", matmul(x, w * graph.constant({50, 180}, dtype, mask)));
    for (const bool fixed : {true, false}) {
      EXPECT_EQ(run(graph, dtype, fixed, {"masked"}), run(graph, dtype, fixed, {"dense"}))
          << rows << " rows";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Precisions, Autoregressive,
                         testing::Values(DType::float32, DType::float64),
                         [](const auto& info) { return name(info.param); });

}  // namespace
}  // namespace castalia
