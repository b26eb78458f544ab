// The estimates of a residual layer's log-determinant: without bias in value and gradient where
// they are drawn, near to the exact one where they are not; and the bound that all of it stands on.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/compile/compile.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/bijection.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

struct Answer {
  std::vector<double> value;     // (rows, features)
  std::vector<double> log_det;   // (rows)
  std::vector<double> gradient;  // of the sum of log_det with respect to the parameters
};

// A layer in float64 with parameters that are `scale` times normal numbers.
class ResidualLayer {
 public:
  ResidualLayer(const std::string& settings, int64_t features, double scale = 0.7)
      : features_(features),
        map_(make_bijection("flow", "residual(" + settings + ")",
                            {.features = features, .context_features = 0, .seed = 3})
                 .map) {
    Graph graph;
    Trace trace(graph, table_, Value(), DType::float64);
    map_->forward(trace, graph.input("x", {DType::float64, {1, features}}), {});
    table_.close();
    parameters_.resize(static_cast<size_t>(table_.count()));
    fill_normal(Stream{11, 0, 1, 0}, parameters_);
    for (double& each : parameters_) each *= scale;
  }

  // Every row is the same point; in training the draws differ.
  Answer at(const std::vector<double>& point, int64_t rows, bool training, int64_t seed = 1) {
    Graph graph;
    const Value flat = graph.input("parameters", {DType::float64, {table_.count()}});
    Trace trace(graph, table_, flat, DType::float64);
    if (training) {
      trace.seed = graph.input("seed", {DType::int64, {}});
      trace.first_event = graph.input("first_event", {DType::int64, {}});
    }
    const Value x = graph.input("x", {DType::float64, {rows, features_}});
    const Mapped mapped = map_->forward(trace, x, {});
    graph.output("value", mapped.value);
    graph.output("log_det", mapped.log_abs_det);
    graph.output("gradient", gradient(mapped.log_abs_det, {&flat, 1})[0]);
    Workspace workspace(compile(graph, {.rows_independent = false}));
    std::memcpy(workspace.input("parameters"), parameters_.data(),
                parameters_.size() * sizeof(double));
    for (int64_t row = 0; row < rows; ++row) {
      std::memcpy(static_cast<double*>(workspace.input("x")) + row * features_, point.data(),
                  point.size() * sizeof(double));
    }
    if (training) {
      *static_cast<int64_t*>(workspace.input("seed")) = seed;
      *static_cast<int64_t*>(workspace.input("first_event")) = 0;
    }
    workspace.run();
    const auto read = [&](const char* name, int64_t count) {
      const auto* values = static_cast<const double*>(workspace.output(name));
      return std::vector<double>(values, values + count);
    };
    return {read("value", rows * features_), read("log_det", rows),
            read("gradient", table_.count())};
  }

 private:
  int64_t features_;
  std::unique_ptr<const Bijection> map_;
  ParameterTable table_;
  std::vector<double> parameters_;
};

struct Mean {
  double value, error;
};

Mean mean_of(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  double squares = 0;
  for (const double each : values) sum += each;
  for (const double each : values) squares += (each - sum / n) * (each - sum / n);
  return {sum / n, std::sqrt(squares / (n - 1) / n)};
}

constexpr char kNetwork[] = "hidden=6, hidden_layers=2, contraction=0.8";
const std::vector<double> kPoint = {0.4, -0.7, 1.1};

TEST(Roulette, HasNoBias) {
  ResidualLayer exact(kNetwork, 3);
  ResidualLayer roulette(std::string(kNetwork) + ", log_determinant=roulette", 3);
  const Answer known = exact.at(kPoint, 1, true);
  constexpr int64_t rows = 4000;
  constexpr int batches = 16;
  std::vector<double> values;
  std::vector<std::vector<double>> gradients(known.gradient.size());
  for (int batch = 0; batch < batches; ++batch) {
    const Answer drawn = roulette.at(kPoint, rows, true, batch);
    values.insert(values.end(), drawn.log_det.begin(), drawn.log_det.end());
    for (size_t i = 0; i < gradients.size(); ++i) {
      gradients[i].push_back(drawn.gradient[i] / static_cast<double>(rows));
    }
  }
  const Mean value = mean_of(values);
  EXPECT_NEAR(value.value, known.log_det[0], 4.5 * value.error);
  EXPECT_LT(value.error, 0.05 * std::abs(known.log_det[0]));
  double largest = 0;
  for (size_t i = 0; i < gradients.size(); ++i) {
    const Mean mean = mean_of(gradients[i]);
    EXPECT_NEAR(mean.value, known.gradient[i], 5.5 * mean.error + 1e-12) << i;
    EXPECT_LT(mean.error, 0.02);
    largest = std::max(largest, std::abs(known.gradient[i]));
  }
  EXPECT_GT(largest, 0.05);
}

TEST(Roulette, IsExactOutsideTraining) {
  ResidualLayer exact(kNetwork, 3);
  ResidualLayer roulette(std::string(kNetwork) + ", log_determinant=roulette", 3);
  EXPECT_EQ(roulette.at(kPoint, 1, false).log_det, exact.at(kPoint, 1, false).log_det);
  EXPECT_NE(roulette.at(kPoint, 1, true).log_det, exact.at(kPoint, 1, true).log_det);
}

// In one dimension a probe sees all there is: what is left is the rest of the series.
TEST(Series, IsCutOffWhereItsBoundSays) {
  for (const char* contraction : {"0.5", "0.9"}) {
    const std::string network = text("hidden=6, hidden_layers=1, contraction=", contraction);
    ResidualLayer exact(network, 1, 3);
    ResidualLayer series(network + ", log_determinant=series", 1, 3);
    const double known = exact.at({0.3}, 1, false).log_det[0];
    EXPECT_NEAR(series.at({0.3}, 1, false).log_det[0], known, 1e-6);
    EXPECT_GT(std::abs(known), 1e-3);
  }
}

TEST(Series, ComesNearWithManyProbes) {
  ResidualLayer exact(kNetwork, 3);
  ResidualLayer series(std::string(kNetwork) + ", log_determinant=series, probes=4000", 3);
  const Answer found = series.at(kPoint, 2, false);
  EXPECT_NEAR(found.log_det[0], exact.at(kPoint, 1, false).log_det[0], 0.02);
  EXPECT_EQ(found.log_det[0], found.log_det[1]);
}

// Whatever the weights are: two points are brought no farther apart than the setting says.
TEST(Residual, IsAContraction) {
  ResidualLayer layer(kNetwork, 3, 30);
  for (uint64_t pair = 0; pair < 50; ++pair) {
    std::vector<double> points(6);
    fill_normal(Stream{5, pair, 2, 0}, points);
    const std::vector<double> a(points.begin(), points.begin() + 3);
    const std::vector<double> b(points.begin() + 3, points.end());
    const std::vector<double> fa = layer.at(a, 1, false).value;
    const std::vector<double> fb = layer.at(b, 1, false).value;
    double apart = 0;
    double before = 0;
    for (size_t i = 0; i < 3; ++i) {
      apart += std::pow((fa[i] - a[i]) - (fb[i] - b[i]), 2);
      before += std::pow(a[i] - b[i], 2);
    }
    EXPECT_LE(std::sqrt(apart), 0.8 * std::sqrt(before) * (1 + 1e-12));
  }
}

TEST(Residual, RefusesALipschitzConstantOfOne) {
  for (const auto& [settings, words] :
       {std::pair{"contraction=1", "contraction is 1"}, std::pair{"probes=3", "log_determinant"}}) {
    try {
      ResidualLayer(settings, 2);
      FAIL() << "taken";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace castalia
