// Transformers against the formulas of their papers in 40 digits
// (tests/golden/transformers/make_transformers.py).
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cpp/base/text.h"
#include "cpp/prob/evaluate_for_test.h"
#include "cpp/prob/transformer.h"

namespace castalia {
namespace {

using Json = nlohmann::json;
using Numbers = std::vector<double>;

TEST(GoldenTransformers, AgreeWithTheirFormulas) {
  std::ifstream in("tests/golden/transformers/golden.json");
  const Json golden = Json::parse(in);
  ASSERT_GE(golden.size(), 8U);
  for (const Json& one : golden) {
    SCOPED_TRACE(text(one["transformer"].dump(), " ", one["settings"].dump()));
    Json settings = one["settings"];
    settings["transformer"] = one["transformer"];
    const std::vector<Field> fields = transformer_fields("affine");
    const FieldValues values("test", fields, settings.dump());
    const double bound = one["upper"];
    const Transformer map = make_transformer("test", values, {.lower = -bound, .upper = bound});
    const auto params = one["params"].get<Numbers>();
    ASSERT_EQ(map.parameters(), std::ssize(params));
    const auto x = one["x"].get<Numbers>();
    const auto y = one["y"].get<Numbers>();
    const auto log_abs_det = one["log_abs_det"].get<Numbers>();
    const auto rows = std::ssize(x);
    Numbers repeated;
    for (int64_t row = 0; row < rows; ++row) {
      repeated.insert(repeated.end(), params.begin(), params.end());
    }
    Graph graph;
    const Value at = graph.input("x", {DType::float64, {rows, 1}});
    const Value to = graph.input("y", {DType::float64, {rows, 1}});
    const Value p = graph.input("params", {DType::float64, {rows, map.parameters()}});
    const Mapped there = map.forward(at, p);
    const Mapped back = map.inverse(to, p);
    graph.output("there", there.value);
    graph.output("log", there.log_abs_det);
    graph.output("back", back.value);
    graph.output("log back", back.log_abs_det);
    const auto out = evaluate(graph, {{"x", x}, {"y", y}, {"params", repeated}});
    // The integral of a network is numerical.
    const double tolerance = one["transformer"] == "unconstrained_monotonic" ? 1e-9 : 2e-13;
    for (size_t i = 0; i < x.size(); ++i) {
      const double scale = tolerance * (1 + std::abs(y[i]));
      EXPECT_NEAR(out.at("there")[i], y[i], scale) << "at " << x[i];
      EXPECT_NEAR(out.at("log")[i], log_abs_det[i], 10 * scale) << "at " << x[i];
      const double flatness = 1 + std::exp(-log_abs_det[i]);
      EXPECT_NEAR(out.at("back")[i], x[i], 10 * scale * flatness) << "at " << x[i];
      EXPECT_NEAR(out.at("log back")[i], -log_abs_det[i], 1e3 * scale * flatness);
    }
  }
}

}  // namespace
}  // namespace castalia
