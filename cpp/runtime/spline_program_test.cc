// Compiled Programs of every spline, in float32 and float64: round trips, and extreme arguments and
// parameters, which must not give NaN or infinity in value or gradient.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "cpp/autodiff/gradient.h"
#include "cpp/compile/compile.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

using Numbers = std::vector<double>;

struct Kind {
  std::string name;
  int64_t (*parameters)(const SplineOptions&);
  std::function<std::pair<Value, Value>(Value, Value, const SplineOptions&)> forward, inverse;
};

template <typename Function>
auto pair_of(Function f) {
  return [f](Value x, Value params, const SplineOptions& options) {
    const auto [value, log_abs_det] = f(x, params, options);
    return std::pair(value, log_abs_det);
  };
}

std::vector<Kind> kinds() {
  return {
      {"linear", linear_spline_parameters, pair_of(linear_spline), pair_of(linear_spline_inverse)},
      {"quadratic", quadratic_spline_parameters, pair_of(quadratic_spline),
       pair_of(quadratic_spline_inverse)},
      {"cubic", cubic_spline_parameters, pair_of(cubic_spline), pair_of(cubic_spline_inverse)},
      {"rational_linear", rational_linear_spline_parameters, pair_of(rational_linear_spline),
       pair_of(rational_linear_spline_inverse)},
      {"rational_quadratic", rq_spline_parameters, pair_of(rq_spline), pair_of(rq_spline_inverse)},
  };
}

// Inputs and outputs as doubles, whatever the type.
std::map<std::string, Numbers> run(const Graph& graph,
                                   const std::map<std::string, Numbers>& sources) {
  Workspace workspace(compile(graph));
  for (const Value& input : graph.inputs()) {
    const std::string& name = input.node().attributes.string("name");
    const Numbers& numbers = sources.at(name);
    if (input.dtype() == DType::float32) {
      std::copy(numbers.begin(), numbers.end(), static_cast<float*>(workspace.input(name)));
    } else {
      std::copy(numbers.begin(), numbers.end(), static_cast<double*>(workspace.input(name)));
    }
  }
  workspace.run();
  std::map<std::string, Numbers> results;
  for (const auto& [name, value] : graph.outputs()) {
    const auto count = value.shape().count();
    Numbers& out = results[name];
    if (value.dtype() == DType::float32) {
      const auto* data = static_cast<const float*>(workspace.output(name));
      out.assign(data, data + count);
    } else {
      const auto* data = static_cast<const double*>(workspace.output(name));
      out.assign(data, data + count);
    }
  }
  return results;
}

Numbers logits(int64_t count, double largest) {
  Numbers out;
  for (int64_t i = 0; i < count; ++i) {
    out.push_back(largest * std::sin(12.9898 * static_cast<double>(i + 1)));
  }
  return out;
}

class EverySpline : public testing::TestWithParam<std::tuple<size_t, DType, std::string>> {
 protected:
  Kind kind() const { return kinds()[std::get<0>(GetParam())]; }
  DType dtype() const { return std::get<1>(GetParam()); }
  SplineOptions options() const {
    return {.bins = 7, .lower = -3, .upper = 3, .tails = std::get<2>(GetParam())};
  }
};

TEST_P(EverySpline, ComesBack) {
  constexpr int64_t kRows = 400;
  const int64_t parameters = kind().parameters(options());
  const bool tails = options().tails == "linear";
  Numbers x;
  for (int64_t i = 0; i < kRows; ++i) {
    const double at = (tails ? 4.0 : 3.0) * (2.0 * static_cast<double>(i) / (kRows - 1) - 1.0);
    x.push_back(dtype() == DType::float32 ? static_cast<double>(static_cast<float>(at)) : at);
  }
  Graph graph;
  const Value argument = graph.input("x", {dtype(), {kRows, 1}});
  const Value params = graph.input("params", {dtype(), {kRows, parameters}});
  const auto [y, log_abs_det] = kind().forward(argument, params, options());
  const auto [back, back_log_abs_det] = kind().inverse(y, params, options());
  graph.output("y", y);
  graph.output("back", back);
  graph.output("sum", log_abs_det + back_log_abs_det);
  const auto results = run(graph, {{"x", x}, {"params", logits(kRows * parameters, 1.5)}});
  // Flat pieces magnify the rounding of y.
  const double tolerance = dtype() == DType::float32 ? 3e-4 : 1e-12;
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    worst = std::max(worst, std::abs(results.at("back")[i] - x[i]));
    EXPECT_NEAR(results.at("back")[i], x[i], tolerance);
    EXPECT_NEAR(results.at("sum")[i], 0, 10 * tolerance) << "at " << x[i];
    if (std::abs(x[i]) > 3) {
      EXPECT_EQ(results.at("y")[i], x[i]);
    }
  }
  std::printf("  largest error of a round trip: %.2g\n", worst);
}

// No parameters but zeros: the identity.
TEST_P(EverySpline, IsTheIdentityForZeros) {
  constexpr int64_t kRows = 50;
  Graph graph;
  const Value argument = graph.input("x", {dtype(), {kRows, 1}});
  const Value params =
      broadcast_to(graph.scalar(0.0, dtype()), Shape{kRows, kind().parameters(options())});
  const auto [y, log_abs_det] = kind().forward(argument, params, options());
  graph.output("y", y);
  graph.output("log_abs_det", log_abs_det);
  Numbers x;
  for (int64_t i = 0; i < kRows; ++i) x.push_back(-2.95 + 0.12 * static_cast<double>(i));
  const auto results = run(graph, {{"x", x}});
  const double tolerance = dtype() == DType::float32 ? 2e-6 : 1e-13;
  for (size_t i = 0; i < x.size(); ++i) {
    EXPECT_NEAR(results.at("y")[i], x[i], tolerance);
    EXPECT_NEAR(results.at("log_abs_det")[i], 0, tolerance);
  }
}

TEST_P(EverySpline, IsFiniteForExtremeNumbers) {
  const int64_t parameters = kind().parameters(options());
  const double tiny = dtype() == DType::float32 ? 1e-7 : 1e-16;
  const double huge = 1e30;
  Numbers x, params;
  for (const double largest : {0.0, 1.0, 30.0, 1e4, huge}) {
    for (const double pattern : {0.0, 1.0, 2.0, 3.0}) {
      for (const double at : {0.0, 3.0, -3.0, 3.0 * (1 - tiny), -3.0 * (1 - tiny), 2.9999, 1e-30,
                              -1.7, 0.6, 3.1, huge, -huge}) {
        x.push_back(at);
        for (int64_t i = 0; i < parameters; ++i) {
          const double alternating = i % 2 == 0 ? largest : -largest;
          const double wave = largest * std::sin(3.7 * static_cast<double>(i));
          params.push_back(pattern == 0   ? alternating
                           : pattern == 1 ? -alternating
                           : pattern == 2 ? wave
                                          : (i < 3 ? largest : -largest));
        }
      }
    }
  }
  const auto rows = static_cast<int64_t>(x.size());
  for (const bool inverse : {false, true}) {
    Graph graph;
    const Value argument = graph.input("x", {dtype(), {rows, 1}});
    const Value raw = graph.input("params", {dtype(), {rows, parameters}});
    const auto [value, log_abs_det] =
        (inverse ? kind().inverse : kind().forward)(argument, raw, options());
    const Value inputs[] = {argument, raw};
    const std::vector<Value> by_value = gradient(sum(value), inputs);
    const std::vector<Value> by_log = gradient(sum(log_abs_det), inputs);
    graph.output("value", value);
    graph.output("log_abs_det", log_abs_det);
    graph.output("value by x", by_value[0]);
    graph.output("value by params", by_value[1]);
    graph.output("log_abs_det by x", by_log[0]);
    graph.output("log_abs_det by params", by_log[1]);
    for (const auto& [name, numbers] : run(graph, {{"x", x}, {"params", params}})) {
      const size_t width = numbers.size() / x.size();
      for (size_t i = 0; i < numbers.size(); ++i) {
        ASSERT_TRUE(std::isfinite(numbers[i]))
            << (inverse ? "inverse " : "forward ") << name << " at " << x[i / width] << ", row "
            << i / width << ", column " << i % width;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, EverySpline,
                         testing::Combine(testing::Range(size_t{0}, size_t{5}),
                                          testing::Values(DType::float32, DType::float64),
                                          testing::Values("linear", "none")),
                         [](const auto& info) {
                           return kinds()[std::get<0>(info.param)].name + "_" +
                                  name(std::get<1>(info.param)) + "_" + std::get<2>(info.param);
                         });

}  // namespace
}  // namespace castalia
