// Vector fields move as they say with their arguments, and their traces are those of the Jacobian.
#include "cpp/prob/vector_field.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "cpp/autodiff/jvp.h"
#include "cpp/base/philox.h"
#include "cpp/compile/compile.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

using Numbers = std::vector<double>;

constexpr int64_t kRows = 5;
constexpr int64_t kParticles = 4;
constexpr int64_t kDimensions = 2;
constexpr int64_t kFeatures = kParticles * kDimensions;

Numbers normal(uint64_t event, int64_t count) {
  Numbers values(static_cast<size_t>(count));
  fill_normal(Stream{3, event, 1, 0}, values);
  return values;
}

VectorFieldOptions options_of(const std::string& kind) {
  return {.kind = kind,
          .network = {.hidden = 8, .hidden_layers = 2, .activation = "silu"},
          .time_frequencies = 2,
          .particles = kind == "sets" || kind == "graph" ? kParticles : 1};
}

// Traces v(x) of `rows` rows at some time and context, with weights that are no longer zero
// anywhere, and whatever `more` adds.
using More = std::function<void(Graph&, Value v, Value x)>;
std::map<std::string, Numbers> evaluate_field(const VectorFieldOptions& options, const Numbers& x,
                                              const More& more = {}) {
  const auto rows = static_cast<int64_t>(x.size()) / kFeatures;
  const auto field = [&](Trace& trace) {
    const Value at = trace.graph().input("x", {DType::float64, {rows, kFeatures}});
    const Value time = trace.graph().input("time", {DType::float64, {rows, 1}});
    const Value context = trace.graph().input("context", {DType::float64, {rows, 2}});
    return std::pair(vector_field(trace, options, time, at, context), at);
  };
  ParameterTable table;
  {
    Graph open;
    Trace trace(open, table, Value(), DType::float64);
    field(trace);
    table.close();
  }
  Graph graph;
  const Value flat = graph.state("parameters", {DType::float64, {table.count()}});
  Trace trace(graph, table, flat, DType::float64);
  const auto [v, at] = field(trace);
  graph.output("v", v);
  if (more) more(graph, v, at);
  Workspace workspace(compile(graph));
  const Numbers weights = normal(1, table.count());
  AlignedBuffer parameters(padded_bytes(weights.size() * sizeof(double)));
  for (size_t i = 0; i < weights.size(); ++i) {
    reinterpret_cast<double*>(parameters.data())[i] = 0.4 * weights[i];
  }
  workspace.bind_state("parameters", parameters.data());
  std::copy(x.begin(), x.end(), static_cast<double*>(workspace.input("x")));
  std::fill_n(static_cast<double*>(workspace.input("time")), rows, 0.3);
  std::fill_n(static_cast<double*>(workspace.input("context")), 2 * rows, -0.7);
  workspace.run();
  std::map<std::string, Numbers> outputs;
  for (const Binding& output : workspace.program().outputs) {
    const auto* values = static_cast<const double*>(workspace.output(output.name));
    outputs[output.name].assign(values, values + output.type.shape.count());
  }
  return outputs;
}

// Each row's particles (x, y) by a function of place and particle.
Numbers mapped(
    const Numbers& x,
    const std::function<std::pair<double, double>(const double* row, int64_t particle)>& map) {
  Numbers out;
  for (int64_t row = 0; row < kRows; ++row) {
    for (int64_t i = 0; i < kParticles; ++i) {
      const auto [a, b] = map(x.data() + row * kFeatures, i);
      out.insert(out.end(), {a, b});
    }
  }
  return out;
}

Numbers shifted_places(const Numbers& x) {
  return mapped(x, [](const double* row, int64_t i) {
    const int64_t from = (i + 1) % kParticles;
    return std::pair(row[2 * from], row[2 * from + 1]);
  });
}

Numbers turned(const Numbers& x) {
  return mapped(x, [](const double* row, int64_t i) {
    return std::pair(0.6 * row[2 * i] - 0.8 * row[2 * i + 1],
                     0.8 * row[2 * i] + 0.6 * row[2 * i + 1]);
  });
}

void expect_equal(const Numbers& found, const Numbers& expected, double tolerance) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], tolerance) << i;
}

TEST(VectorField, StartsAsZero) {
  for (const char* kind : {"mlp", "residual", "sets", "graph"}) {
    ParameterTable table;
    Graph graph;
    Trace trace(graph, table, Value(), DType::float64);
    const Value x = graph.input("x", {DType::float64, {1, kFeatures}});
    vector_field(trace, options_of(kind), graph.input("time", {DType::float64, {1, 1}}), x, {});
    const Parameter& last = table.parameters()[static_cast<size_t>(table.parameters().size() - 2)];
    EXPECT_EQ(last.initializer, Initializer::zeros) << kind << ": " << last.name;
  }
}

TEST(VectorField, ParticlesThatChangePlacesMoveAsBefore) {
  const Numbers x = normal(2, kRows * kFeatures);
  for (const char* kind : {"sets", "graph"}) {
    const Numbers v = evaluate_field(options_of(kind), x)["v"];
    const Numbers moved = evaluate_field(options_of(kind), shifted_places(x))["v"];
    expect_equal(moved, shifted_places(v), 1e-13);
    EXPECT_GT(std::abs(v[0] - v[2]), 1e-3) << "the particles are not told apart";
  }
}

TEST(VectorField, AGraphTurnsWithItsParticlesAndDoesNotSeeWhereTheyAre) {
  const Numbers x = normal(2, kRows * kFeatures);
  const Numbers v = evaluate_field(options_of("graph"), x)["v"];
  expect_equal(evaluate_field(options_of("graph"), turned(x))["v"], turned(v), 1e-13);
  const Numbers elsewhere = mapped(x, [](const double* row, int64_t i) {
    return std::pair(row[2 * i] + 3, row[2 * i + 1] - 5);
  });
  expect_equal(evaluate_field(options_of("graph"), elsewhere)["v"], v, 1e-13);
  for (int64_t row = 0; row < kRows; ++row) {
    double sum = 0;
    for (int64_t i = 0; i < kParticles; ++i) sum += v[static_cast<size_t>(row * kFeatures + 2 * i)];
    EXPECT_NEAR(sum, 0, 1e-14) << "the centre moves";
  }
}

TEST(VectorField, ExactTracesAreThoseOfTheJacobian) {
  const Numbers x = normal(2, kRows * kFeatures);
  for (const char* kind : {"mlp", "residual", "sets", "graph"}) {
    auto found = evaluate_field(options_of(kind), x, [](Graph& graph, Value v, Value at) {
      const FieldTraces traces = exact_traces(v, at);
      graph.output("divergence", traces.divergence);
      graph.output("roughness", traces.roughness);
      graph.output("jacobian", row_jacobian(v, at));
    });
    for (size_t row = 0; row < kRows; ++row) {
      const double* jacobian = found["jacobian"].data() + row * kFeatures * kFeatures;
      double trace = 0;
      double squares = 0;
      for (int64_t i = 0; i < kFeatures; ++i) trace += jacobian[i * kFeatures + i];
      for (int64_t i = 0; i < kFeatures * kFeatures; ++i) squares += jacobian[i] * jacobian[i];
      EXPECT_NEAR(found["divergence"][row], trace, 1e-12) << kind;
      EXPECT_NEAR(found["roughness"][row], squares, 1e-11) << kind;
    }
  }
}

TEST(VectorField, EstimatedTracesAreRightOnAverage) {
  constexpr int64_t kProbes = 20000;
  const Numbers point = normal(2, kFeatures);
  Numbers x;
  for (int64_t i = 0; i < kProbes; ++i) x.insert(x.end(), point.begin(), point.end());
  auto found = evaluate_field(options_of("mlp"), x, [](Graph& graph, Value v, Value at) {
    const FieldTraces exact = exact_traces(v, at);
    graph.output("exact divergence", exact.divergence);
    graph.output("exact roughness", exact.roughness);
    const Value seed = graph.scalar(1, DType::int64);
    const Value first = graph.scalar(0, DType::int64);
    const auto estimate = [&](const std::string& name, const Value& probes) {
      const FieldTraces traces = estimated_traces(v, at, probes);
      graph.output(name + " divergence", traces.divergence);
      graph.output(name + " roughness", traces.roughness);
    };
    estimate("rademacher", random_rademacher(seed, first, kProbes, kFeatures, 7, DType::float64));
    estimate("normal", random_normal(seed, first, kProbes, kFeatures, 7, DType::float64));
  });
  for (const std::string probes : {"rademacher", "normal"}) {
    for (const std::string what : {"divergence", "roughness"}) {
      const Numbers& values = found[probes + " " + what];
      const double exact = found["exact " + what][0];
      double mean = 0;
      double squares = 0;
      for (const double value : values) mean += value / kProbes;
      for (const double value : values) squares += (value - mean) * (value - mean) / kProbes;
      EXPECT_GT(squares, 0);
      EXPECT_NEAR(mean, exact, 5 * std::sqrt(squares / kProbes)) << probes << " " << what;
    }
  }
}

}  // namespace
}  // namespace castalia
