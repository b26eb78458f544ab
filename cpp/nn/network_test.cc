#include "cpp/nn/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/nn/linear.h"

namespace castalia {
namespace {

TEST(ParameterTable, LaysParametersOutInTheOrderOfFirstUse) {
  ParameterTable table;
  table.declare("a", {2, 3}, Initializer::zeros);
  table.declare("b", {4}, Initializer::ones);
  EXPECT_EQ(table.declare("a", {2, 3}, Initializer::zeros).offset, 0);
  EXPECT_EQ(table.declare("b", {4}, Initializer::ones).offset, 6);
  EXPECT_EQ(table.count(), 10);
  EXPECT_THROW(table.declare("a", {3, 2}, Initializer::zeros), Error);
  table.close();
  EXPECT_NO_THROW(table.declare("b", {4}, Initializer::ones));
  EXPECT_THROW(table.declare("c", {1}, Initializer::zeros), Error);
}

TEST(InitialValues, FollowTheirInitializerAndSeed) {
  ParameterTable table;
  table.declare("zeros", {5}, Initializer::zeros);
  table.declare("ones", {5}, Initializer::ones);
  table.declare("he", {24, 100}, Initializer::he_uniform);
  table.declare("glorot", {24, 126}, Initializer::glorot_uniform);
  table.declare("bias", {1000}, Initializer::bias_uniform, true, 16);
  table.declare("lecun", {12, 100}, Initializer::lecun_uniform);
  const std::vector<double> values = initial_values(table, 1);
  const auto largest = [&](int64_t first, int64_t count) {
    double out = 0;
    for (int64_t i = first; i < first + count; ++i) {
      out = std::max(out, std::abs(values[static_cast<size_t>(i)]));
    }
    return out;
  };
  EXPECT_EQ(largest(0, 5), 0);
  EXPECT_EQ(std::count(values.begin() + 5, values.begin() + 10, 1.0), 5);
  // sqrt(6 / 24) and sqrt(6 / 150), nearly reached by the largest of thousands.
  EXPECT_LE(largest(10, 2400), 0.5);
  EXPECT_GE(largest(10, 2400), 0.49);
  EXPECT_LE(largest(2410, 3024), 0.2);
  EXPECT_GE(largest(2410, 3024), 0.196);
  // 1 / sqrt(16)
  EXPECT_LE(largest(5434, 1000), 0.25);
  EXPECT_GE(largest(5434, 1000), 0.245);
  // sqrt(3 / 12)
  EXPECT_LE(largest(6434, 1200), 0.5);
  EXPECT_GE(largest(6434, 1200), 0.49);
  EXPECT_EQ(initial_values(table, 1), values);
  EXPECT_NE(initial_values(table, 2), values);
}

TEST(Mlp, NamesItsParametersByPlace) {
  Graph graph;
  ParameterTable table;
  Trace trace(graph, table, Value(), DType::float32);
  const Value x = graph.input("x", {DType::float32, {7, 3}});
  {
    const Trace::Part part(trace, "coupling_0");
    const Value y = mlp(trace, x, {.hidden = 8, .hidden_layers = 1, .outputs = 5});
    EXPECT_EQ(y.shape(), (Shape{7, 5}));
  }
  std::vector<std::string> names;
  for (const Parameter& parameter : table.parameters()) names.push_back(parameter.name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"coupling_0.linear_0.weight", "coupling_0.linear_0.bias",
                                      "coupling_0.linear_1.weight", "coupling_0.linear_1.bias"}));
  EXPECT_EQ(table.count(), 3 * 8 + 8 + 8 * 5 + 5);
}

TEST(Activation, KnowsEveryNameItLists) {
  Graph graph;
  const Value x = graph.input("x", {DType::float32, {2, 2}});
  for (const std::string& name : activation_names()) {
    EXPECT_EQ(activation(name, x).shape(), x.shape()) << name;
  }
  try {
    activation("rellu", x);
    ADD_FAILURE() << "an unknown activation was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::not_found);
    EXPECT_NE(std::string(error.what()).find("did you mean 'relu'?"), std::string::npos);
  }
}

}  // namespace
}  // namespace castalia
