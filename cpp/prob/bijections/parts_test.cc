// The parts that bijections are built of, against plain loops and Eigen.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <eigen3/Eigen/SVD>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/bijections/contraction.h"
#include "cpp/prob/bijections/matrices.h"
#include "cpp/prob/bijections/monotone_root.h"
#include "cpp/prob/evaluate_for_test.h"

namespace castalia {
namespace {

std::vector<double> draws(int64_t count, uint64_t which) {
  std::vector<double> out(static_cast<size_t>(count));
  fill_normal(Stream{99, which, 1, 0}, out);
  return out;
}

TEST(TanhRoot, SolvesItsEquationForAllSlopes) {
  std::vector<double> roots, slopes, values;
  for (const double slope : {-0.99, -0.9, -0.5, 0.0, 0.1, 1.0, 10.0, 1e3, 1e6}) {
    for (const double root : {0.0, 1e-12, 1e-4, 0.03, 0.2, 0.9, 2.5, 7.0, 40.0, 1e5}) {
      for (const double sign : {-1.0, 1.0}) {
        roots.push_back(sign * root);
        slopes.push_back(slope);
        values.push_back(sign * (root + slope * std::tanh(root)));
      }
    }
  }
  const auto count = std::ssize(roots);
  Graph graph;
  const Value value = graph.input("value", {DType::float64, {count}});
  const Value slope = graph.input("slope", {DType::float64, {count}});
  graph.output("t", tanh_root(value, slope));
  const std::vector<double> found = evaluate(graph, {{"value", values}, {"slope", slopes}}).at("t");
  for (size_t i = 0; i < roots.size(); ++i) {
    const double h = std::tanh(found[i]);
    const double derivative = 1 + slopes[i] * (1 - h) * (1 + h);
    // What a rounded value leaves undetermined.
    const double tolerance = 1e-15 * (std::abs(values[i]) + std::abs(slopes[i] * h)) / derivative;
    EXPECT_NEAR(found[i], roots[i], 4 * tolerance + 1e-15 * std::abs(roots[i]))
        << "slope " << slopes[i];
  }
}

TEST(SingularValueBound, IsNeverBelowAndCloseAbove) {
  for (const auto& [rows, columns] :
       std::vector<std::pair<int64_t, int64_t>>{{1, 1}, {3, 8}, {8, 3}, {40, 40}, {64, 2}}) {
    for (const double size : {1e-12, 1.0, 1e8}) {
      std::vector<double> values = draws(rows * columns, static_cast<uint64_t>(rows));
      for (double& x : values) x *= size;
      Graph graph;
      const Value w = graph.input("w", {DType::float64, {rows, columns}});
      graph.output("bound", singular_value_bound(w));
      graph.output("contracted", contracted(w, 0.7));
      auto found = evaluate(graph, {{"w", values}});
      const auto largest = [&](const std::vector<double>& elements) {
        Eigen::MatrixXd m(rows, columns);
        for (int64_t i = 0; i < rows * columns; ++i) {
          m(i / columns, i % columns) = elements[static_cast<size_t>(i)];
        }
        return Eigen::JacobiSVD<Eigen::MatrixXd>(m).singularValues()(0);
      };
      const double exact = largest(values);
      const double rank = static_cast<double>(std::min(rows, columns));
      EXPECT_GE(found["bound"][0], exact * (1 - 1e-14));
      EXPECT_LE(found["bound"][0], exact * std::pow(rank, 1.0 / 128) * (1 + 1e-14));
      if (exact < 0.6) {
        EXPECT_EQ(found["contracted"], values);
      } else {
        EXPECT_LE(largest(found["contracted"]), 0.7 * (1 + 1e-14));
        EXPECT_GE(largest(found["contracted"]), 0.67);
      }
    }
  }
}

TEST(SingularValueBound, OfZerosIsSmall) {
  Graph graph;
  const Value w = graph.input("w", {DType::float64, {3, 2}});
  graph.output("contracted", contracted(w, 0.7));
  EXPECT_EQ(evaluate(graph, {{"w", std::vector<double>(6)}}).at("contracted"),
            std::vector<double>(6));
}

TEST(ReflectionsProduct, IsOneReflectionAfterAnother) {
  constexpr int64_t n = 5;
  for (const int64_t count : {1, 3, 5}) {
    std::vector<double> directions = draws(count * n, 7);
    if (count == 5) std::fill_n(directions.begin() + n, n, 0.0);  // reflects nothing
    Graph graph;
    graph.output("q", reflections_product(graph.input("v", {DType::float64, {count, n}})));
    const std::vector<double> q = evaluate(graph, {{"v", directions}}).at("q");
    // The rows of the identity, reflected in turn.
    for (int64_t row = 0; row < n; ++row) {
      std::vector<double> x(n);
      x[static_cast<size_t>(row)] = 1;
      for (int64_t k = 0; k < count; ++k) {
        const double* v = directions.data() + k * n;
        double projection = 0;
        double square = 0;
        for (int64_t i = 0; i < n; ++i) {
          projection += v[i] * x[static_cast<size_t>(i)];
          square += v[i] * v[i];
        }
        if (square == 0) continue;
        for (int64_t i = 0; i < n; ++i) {
          x[static_cast<size_t>(i)] -= 2 * projection / square * v[i];
        }
      }
      for (int64_t i = 0; i < n; ++i) {
        EXPECT_NEAR(q[static_cast<size_t>(row * n + i)], x[static_cast<size_t>(i)], 1e-14);
      }
    }
  }
}

TEST(TriangularMatrices, AreInvertedAndMeasured) {
  constexpr int64_t n = 4;
  for (const auto make : {lu_matrix, qr_matrix}) {
    Graph graph;
    ParameterTable table;
    Trace trace(graph, table, Value(), DType::float64);
    const InvertibleMatrix m = make(trace, n);
    graph.output("unit", matmul(m.matrix, m.inverse));
    graph.output("measured", log_determinant(m.matrix).log_abs);
    graph.output("declared", m.log_abs_det);
    std::map<std::string, std::vector<double>> values;
    for (const Parameter& p : table.parameters()) values[p.name] = draws(p.shape.count(), 3);
    auto found = evaluate(graph, values);
    for (int64_t i = 0; i < n * n; ++i) {
      EXPECT_NEAR(found["unit"][static_cast<size_t>(i)], i % (n + 1) == 0 ? 1 : 0, 1e-12);
    }
    EXPECT_NEAR(found["measured"][0], found["declared"][0], 1e-12);
  }
}

}  // namespace
}  // namespace castalia
