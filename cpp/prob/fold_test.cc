// Folds: what is drawn goes back to where it came from, pieces come with their probabilities, the
// density integrates to one, and its gradient is that of differences.
#include "cpp/prob/fold.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <numbers>
#include <numeric>
#include <vector>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/compile/compile.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

struct Answer {
  std::vector<double> value;        // (rows, features)
  std::vector<double> log_abs_det;  // (rows)
  std::vector<double> slopes;       // of the sum of log_abs_det with respect to the parameters
};

// A fold whose parameters have been moved from where they start.
class MovedFold {
 public:
  MovedFold(int64_t features, int64_t context_features, DType dtype = DType::float64)
      : features_(features), context_features_(context_features), dtype_(dtype) {
    Graph graph;
    Trace trace(graph, table_, Value(), DType::float64);
    fold_.forward(trace, graph.input("x", {DType::float64, {1, features}}),
                  context_of(graph, DType::float64, 1));
    table_.close();
    parameters = initial_values(table_, 5);
    std::vector<double> moves(parameters.size());
    fill_normal(Stream{7, 0, 1, 0}, moves);
    for (size_t i = 0; i < moves.size(); ++i) {
      parameters[i] = static_cast<float>(parameters[i] + 0.5 * moves[i]);
    }
    // A falling piece that is wide enough to be seen: the second number of each feature.
    if (context_features == 0) {
      for (int64_t i = features; i < 2 * features; ++i) parameters[static_cast<size_t>(i)] = 4;
    }
  }

  Answer forward(const std::vector<double>& x) const { return at(x, true, 1); }
  Answer backward(const std::vector<double>& z, int64_t seed = 1) const {
    return at(z, false, seed);
  }

  std::vector<double> parameters;
  std::vector<double> context;  // of all rows

 private:
  Value context_of(Graph& graph, DType dtype, int64_t rows) const {
    if (context_features_ == 0) return {};
    return graph.input("context", {dtype, {rows, context_features_}});
  }

  Answer at(const std::vector<double>& points, bool forward, int64_t seed) const {
    const auto rows = static_cast<int64_t>(points.size()) / features_;
    Graph graph;
    ParameterTable table = table_;
    const Value flat = graph.input("parameters", {DType::float64, {table.count()}});
    Trace trace(graph, table, cast(flat, dtype_), dtype_);
    if (!forward) {
      trace.seed = graph.input("seed", {DType::int64, {}});
      trace.first_event = graph.input("first_event", {DType::int64, {}});
    }
    const Value x = cast(graph.input("x", {DType::float64, {rows, features_}}), dtype_);
    Value given = context_of(graph, DType::float64, rows);
    if (given) given = cast(given, dtype_);
    const Mapped mapped =
        forward ? fold_.forward(trace, x, given) : fold_.backward(trace, x, given);
    graph.output("value", cast(mapped.value, DType::float64));
    graph.output("log_abs_det", mapped.log_abs_det);
    graph.output("slopes", gradient(mapped.log_abs_det, {&flat, 1})[0]);
    Workspace workspace(compile(graph, {.rows_independent = false}));
    const auto write = [&](const char* name, const std::vector<double>& values) {
      std::memcpy(workspace.input(name), values.data(), values.size() * sizeof(double));
    };
    write("parameters", parameters);
    write("x", points);
    if (given) write("context", context);
    if (!forward) {
      *static_cast<int64_t*>(workspace.input("seed")) = seed;
      *static_cast<int64_t*>(workspace.input("first_event")) = 0;
    }
    workspace.run();
    const auto read = [&](const char* name, int64_t count) {
      const auto* values = static_cast<const double*>(workspace.output(name));
      return std::vector<double>(values, values + count);
    };
    return {read("value", rows * features_), read("log_abs_det", rows),
            read("slopes", table.count())};
  }

  int64_t features_;
  int64_t context_features_;
  DType dtype_;
  Fold fold_{{.hidden = 6, .hidden_layers = 1, .activation = "silu"}, kPieceStage};
  ParameterTable table_;
};

std::vector<double> normals(size_t count, double scale) {
  std::vector<double> out(count);
  fill_normal(Stream{3, 0, 2, 0}, out);
  for (double& each : out) each *= scale;
  return out;
}

TEST(Fold, WhatIsDrawnGoesBackToWhereItCameFrom) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    MovedFold fold(3, 2, dtype);
    const std::vector<double> z = normals(3000, 1.5);
    fold.context = normals(2000, 1.0);
    const Answer drawn = fold.backward(z);
    const Answer back = fold.forward(drawn.value);
    const double tolerance = dtype == DType::float64 ? 1e-10 : 1e-4;
    for (size_t i = 0; i < z.size(); ++i) {
      EXPECT_NEAR(back.value[i], z[i], tolerance * (1 + std::abs(z[i]))) << i;
    }
    for (size_t row = 0; row < 1000; ++row) {
      EXPECT_NEAR(back.log_abs_det[row], -drawn.log_abs_det[row], 100 * tolerance) << row;
    }
  }
}

TEST(Fold, PiecesComeWithTheirProbabilities) {
  const MovedFold fold(1, 0);
  constexpr size_t kEvents = 20000;
  const Answer drawn = fold.backward(std::vector<double>(kEvents, 0.05));
  std::map<double, int> counts;
  for (const double x : drawn.value) ++counts[x];
  ASSERT_EQ(counts.size(), 3u) << "a point between the kinks has three origins";
  double all = 0;
  for (const auto& [x, count] : counts) {
    constexpr double h = 1e-6;
    const Answer here = fold.forward({x, x - h, x + h});
    const double slope = std::abs(here.value[2] - here.value[1]) / (2 * h);
    const double probability = std::exp(here.log_abs_det[0]) / slope;
    all += probability;
    const double error = std::sqrt(kEvents * probability * (1 - probability));
    EXPECT_NEAR(count, kEvents * probability, 5 * error) << x;
  }
  EXPECT_NEAR(all, 1, 1e-8);
}

TEST(Fold, TheDensityIntegratesToOne) {
  const MovedFold fold(1, 0);
  constexpr int64_t kPoints = 200000;
  constexpr double kReach = 60;
  std::vector<double> x(kPoints);
  const double cell = 2 * kReach / kPoints;
  for (size_t i = 0; i < x.size(); ++i) x[i] = -kReach + cell * (static_cast<double>(i) + 0.5);
  const Answer there = fold.forward(x);
  double integral = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double z = there.value[i];
    integral +=
        cell * std::exp(there.log_abs_det[i] - 0.5 * z * z) / std::sqrt(2 * std::numbers::pi);
  }
  EXPECT_NEAR(integral, 1, 1e-4);
}

TEST(Fold, ItsGradientIsThatOfDifferences) {
  for (const bool forward : {true, false}) {
    MovedFold fold(2, 1);
    const std::vector<double> points = normals(40, 1.5);
    fold.context = normals(20, 1.0);
    const auto answer = [&] { return forward ? fold.forward(points) : fold.backward(points); };
    const std::vector<double> slopes = answer().slopes;
    ASSERT_FALSE(slopes.empty());
    for (size_t i = 0; i < slopes.size(); ++i) {
      const double middle = fold.parameters[i];
      const auto at = [&](double value) {
        fold.parameters[i] = value;
        const std::vector<double> terms = answer().log_abs_det;
        return std::accumulate(terms.begin(), terms.end(), 0.0);
      };
      constexpr double h = 1e-6;
      const double found = (at(middle + h) - at(middle - h)) / (2 * h);
      fold.parameters[i] = middle;
      EXPECT_NEAR(slopes[i], found, 1e-5 * std::max(1.0, std::abs(found))) << forward << ", " << i;
    }
  }
}

}  // namespace
}  // namespace castalia
