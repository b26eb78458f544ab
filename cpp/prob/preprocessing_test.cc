#include "cpp/prob/preprocessing.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/evaluate_for_test.h"

namespace castalia {
namespace {

using std::numbers::pi;

// The error that a call gives; Code::ok when it gives none.
struct Outcome {
  Code code = Code::ok;
  std::string message;
};

template <typename Function>
Outcome outcome_of(Function&& function) {
  try {
    function();
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
  return {};
}

Outcome parse(const std::string& chain) {
  return outcome_of([&] { Preprocessing(1, std::vector<std::string>{chain}, "x"); });
}

void expect_error(const Outcome& outcome, Code code, const std::string& part) {
  EXPECT_EQ(outcome.code, code) << outcome.message;
  EXPECT_NE(outcome.message.find(part), std::string::npos) << outcome.message;
}

TEST(PreprocessingText, RefusesWhatItDoesNotKnow) {
  expect_error(parse("standardize"), Code::not_found, "did you mean 'standardise'?");
  expect_error(parse("log(1); breit_wiger(91, 2)"), Code::not_found, "'breit_wigner'");
  expect_error(parse("logit(0)"), Code::invalid_argument, "usage: logit(low, high)");
  expect_error(parse("logit(0, x)"), Code::invalid_argument, "'x' is not a number");
  expect_error(parse("logit(0, 1"), Code::invalid_argument, "no closing bracket");
  expect_error(parse("logit(1, 0)"), Code::invalid_argument, "low must be below high");
  expect_error(parse("affine(1, 0)"), Code::invalid_argument, "scale must not be 0");
  expect_error(parse("breit_wigner(91, -2)"), Code::invalid_argument, "width must be above 0");
  expect_error(parse("log(nan)"), Code::invalid_argument, "not finite");
  expect_error(outcome_of([] { Preprocessing(3, std::vector<std::string>{"none"}, "context"); }),
               Code::shape_mismatch, "preprocessing of context has 1 text for 3 columns");
}

TEST(PreprocessingText, TakesBlanksAndSignsAsTheyCome) {
  for (const char* chain :
       {"", "none", " log ( +1.5 ) ;standardise; ", "angle", "angle(-3.5e-1)",
        "breit_wigner(91.1876,2.4952); standardise", "interval(0, 2); sigmoid"}) {
    EXPECT_EQ(parse(chain).code, Code::ok) << chain << ": " << parse(chain).message;
  }
}

TEST(PreprocessingFit, NamesRowAndColumn) {
  const std::vector<std::string> chains = {"none", "log"};
  Preprocessing log_of_second(2, chains, "x");
  expect_error(outcome_of([&] {
                 log_of_second.fit(std::vector<double>{1, 2, 3, -4});
               }),
               Code::out_of_range, "x row 1, column 1: -4 is outside the domain of log");
  expect_error(outcome_of([&] {
                 log_of_second.fit(std::vector<double>{1, 2, NAN, 4});
               }),
               Code::not_finite, "x row 1, column 0");
  expect_error(outcome_of([&] { log_of_second.fit({}); }), Code::empty_data, "no rows");
  Preprocessing standardised(2, {}, "x");
  expect_error(outcome_of([&] {
                 standardised.fit(std::vector<double>{1, 5, 2, 5, 3, 5});
               }),
               Code::invalid_argument, "x column 1 is constant (5)");
  EXPECT_FALSE(standardised.fitted());
  standardised.fit(std::vector<double>{1, 5, 2, 6});
  EXPECT_TRUE(standardised.fitted());
  Preprocessing conditions(2, {}, "context", Preprocessing::Constant::shifted);
  conditions.fit(std::vector<double>{1, 5, 2, 5, 3, 5});
  EXPECT_NE(conditions.json().find("5.0,1.0"), std::string::npos) << conditions.json();
}

TEST(PreprocessingCheck, NamesTheRowsOfALaterBlock) {
  const std::vector<std::string> chains = {"affine(1, 2); logit(0, 1)"};
  Preprocessing p(1, chains, "x");
  p.fit(std::vector<double>{2.0, 1.5});
  EXPECT_NO_THROW(p.check(std::vector<double>{1.0001, 2.9999}));
  expect_error(outcome_of([&] {
                 p.check(std::vector<double>{2.0, 3.0}, 100);
               }),
               Code::out_of_range, "x row 101, column 0: 1 is outside the domain of logit(0, 1)");
  expect_error(outcome_of([&] { p.check(std::vector<double>{INFINITY}, 7); }), Code::not_finite,
               "x row 7, column 0");
}

TEST(PreprocessingFit, RefusesASpreadThatNoNumberHolds) {
  Preprocessing p(2, {}, "x");
  expect_error(outcome_of([&] {
                 p.fit(std::vector<double>{1, 1e160, 2, -1e160});
               }),
               Code::out_of_range, "x column 1: values from -1e+160 to 1e+160 are too large");
  EXPECT_FALSE(p.fitted());
}

TEST(PreprocessingCheck, RefusesWhatIsTooLargeAfterwardsOnly) {
  const std::vector<std::string> chains = {"standardise", "log"};
  Preprocessing p(2, chains, "x");
  p.fit(std::vector<double>{1e20, 1e300, 3e20, 2e300});
  EXPECT_NO_THROW(p.check(std::vector<double>{5e20, 3e305}));
  expect_error(outcome_of([&] {
                 p.check(std::vector<double>{1e37, 1}, 4);
               }),
               Code::out_of_range, "x row 4, column 0: 1e+37 is 1e+17 after preprocessing");
}

TEST(PreprocessingCheck, HoldsABoundedModelToItsDomain) {
  const std::vector<std::string> chains = {"interval"};
  Preprocessing p(1, chains, "x");
  const std::vector<double> data = {0.1, 0.7, 0.3};
  p.fit(data);
  EXPECT_NO_THROW(p.check(data, 0, 1.0));
  expect_error(outcome_of([&] { p.check(std::vector<double>{0.71}, 0, 1.0); }), Code::out_of_range,
               "after preprocessing; allowed: -1 to 1");
}

// Chains that together use every step, with data that suit them.
struct Chain {
  const char* text;
  double low;
  double high;
};

const Chain kChains[] = {
    {"standardise", -3, 17},
    {"log(2); standardise", -1.9, 40},
    {"affine(3, -2)", -5, 5},
    {"interval(-1, 6)", -1, 6},
    {"logit(-2, 7); standardise", -1.99, 6.99},
    {"angle(0.5)", 0.5 - pi, 0.5 + pi},
    {"breit_wigner(91.1876, 2.4952); standardise", 50, 150},
    {"breit_wigner(91.1876, 2.4952, 66, 116); standardise", 66.01, 115.9},
    {"angle(0); sigmoid; affine(0.5, 0.5)", -3.1, 3.1},
    {"standardise; affine(1, 3); standardise", 0, 1e6},
    {"none", -1, 1},
    {"log; log(5); standardise", 0.01, 1e4},
};
constexpr size_t kColumns = std::size(kChains);

struct Sample {
  Preprocessing preprocessing;
  std::vector<double> data;
  int64_t rows;
};

Sample fitted_sample(int64_t rows) {
  std::vector<std::string> texts;
  for (const Chain& chain : kChains) texts.emplace_back(chain.text);
  Sample sample{Preprocessing(kColumns, texts, "x"), {}, rows};
  for (int64_t row = 0; row < rows; ++row) {
    for (size_t column = 0; column < kColumns; ++column) {
      const Chain& chain = kChains[column];
      const double u =
          uniform(Stream{3, static_cast<uint64_t>(row), 0, 0}, static_cast<uint32_t>(column));
      sample.data.push_back(chain.low + (chain.high - chain.low) * u);
    }
  }
  sample.preprocessing.fit(sample.data);
  return sample;
}

TEST(PreprocessingGraph, InverseUndoesForwardAndItsDeterminant) {
  const Sample sample = fitted_sample(64);
  Graph graph;
  const Value x = graph.input("x", {DType::float64, {sample.rows, kColumns}});
  const Preprocessing::Traced there = sample.preprocessing.forward(x);
  const Preprocessing::Traced back = sample.preprocessing.inverse(there.values);
  graph.output("y", there.values);
  graph.output("x", back.values);
  graph.output("log_det", there.log_det + there.constant_log_det);
  graph.output("sum",
               there.log_det + back.log_det + (there.constant_log_det + back.constant_log_det));
  auto out = evaluate(graph, {{"x", sample.data}});
  for (size_t i = 0; i < sample.data.size(); ++i) {
    const Chain& chain = kChains[i % kColumns];
    EXPECT_NEAR(out["x"][i], sample.data[i], 1e-11 * (chain.high - chain.low)) << chain.text;
    EXPECT_TRUE(std::isfinite(out["y"][i])) << chain.text;
  }
  for (const double sum : out["sum"]) EXPECT_NEAR(sum, 0, 1e-9);
}

TEST(PreprocessingGraph, DeterminantIsTheProductOfDerivatives) {
  const Sample sample = fitted_sample(16);
  Graph graph;
  const Value x = graph.input("x", {DType::float64, {sample.rows, kColumns}});
  const Preprocessing::Traced there = sample.preprocessing.forward(x);
  graph.output("log_det", there.log_det + there.constant_log_det);
  // Columns do not mix, so the gradient of the sum of all holds the derivative of each.
  const std::vector<Value> sources = {x};
  graph.output("derivatives", gradient(there.values, sources)[0]);
  auto out = evaluate(graph, {{"x", sample.data}});
  for (int64_t row = 0; row < sample.rows; ++row) {
    double expected = 0;
    for (size_t column = 0; column < kColumns; ++column) {
      expected +=
          std::log(std::abs(out["derivatives"][static_cast<size_t>(row) * kColumns + column]));
    }
    EXPECT_NEAR(out["log_det"][static_cast<size_t>(row)], expected, 1e-9);
  }
}

TEST(PreprocessingGraph, AnglesOneTurnApartAreTheSame) {
  const std::vector<std::string> chains = {"angle"};
  Preprocessing p(1, chains, "x");
  p.fit(std::vector<double>{3.0, -3.0, 3.1, -3.1});  // around pi, where the numbers jump
  Graph graph;
  const Value x = graph.input("x", {DType::float64, {4, 1}});
  const Preprocessing::Traced there = p.forward(x);
  graph.output("y", there.values);
  graph.output("x", p.inverse(there.values).values);
  auto out = evaluate(graph, {{"x", {3.0, -3.0, 3.0 + 2 * pi, -3.0 - 4 * pi}}});
  EXPECT_NEAR(out["y"][0], out["y"][2], 1e-12);
  EXPECT_NEAR(out["y"][1], out["y"][3], 1e-12);
  // The two sides of the jump are neighbours.
  EXPECT_LT(std::abs(out["y"][0] - out["y"][1]), 0.2);
  EXPECT_NEAR(std::remainder(out["x"][0] - 3.0, 2 * pi), 0, 1e-12);
  EXPECT_NEAR(std::remainder(out["x"][1] + 3.0, 2 * pi), 0, 1e-12);
}

TEST(PreprocessingGraph, ExtremeLatentValuesGiveDataInsideTheDomain) {
  const std::vector<std::string> chains = {"logit(0, 1)", "angle(0)", "log",
                                           "breit_wigner(91, 2, 60, 120)"};
  Preprocessing p(4, chains, "x");
  p.fit(std::vector<double>{0.5, 0, 1, 91});
  Graph graph;
  const Value y = graph.input("y", {DType::float64, {2, 4}});
  const Preprocessing::Traced back = p.inverse(y);
  graph.output("x", back.values);
  graph.output("log_det", back.log_det + back.constant_log_det);
  auto out = evaluate(graph, {{"y", {1e300, 1e300, 300, 1e300, -1e300, -1e300, -300, -1e300}}});
  EXPECT_NO_THROW(p.check(out["x"]));
  for (const double x : out["x"]) EXPECT_TRUE(std::isfinite(x));
  for (const double log_det : out["log_det"]) EXPECT_FALSE(std::isnan(log_det));
}

TEST(PreprocessingJson, GivesTheSameMapBack) {
  const Sample sample = fitted_sample(8);
  std::vector<std::string> texts;
  for (const Chain& chain : kChains) texts.emplace_back(chain.text);
  Preprocessing copy(kColumns, texts, "x");
  copy.set_json(sample.preprocessing.json());
  EXPECT_EQ(copy.json(), sample.preprocessing.json());
  Graph graph;
  const Value x = graph.input("x", {DType::float64, {sample.rows, kColumns}});
  graph.output("a", sample.preprocessing.forward(x).values);
  graph.output("b", copy.forward(x).values);
  auto out = evaluate(graph, {{"x", sample.data}});
  EXPECT_EQ(out["a"], out["b"]);
}

TEST(PreprocessingJson, RefusesDamage) {
  Preprocessing p(1, std::vector<std::string>{"standardise"}, "x");
  for (const char* damaged :
       {"", "[]", "{}", R"({"columns": []})", R"({"columns": [[{"step": "standardise"}]]})",
        R"({"columns": [[{"step": "standardise", "arguments": [], "constants": [1]}]]})",
        R"({"columns": [[{"step": "standardise", "arguments": [], "constants": [1, 0]}]]})",
        R"({"columns": [[{"step": "standardise", "arguments": "a", "constants": [1, 2]}]]})"}) {
    EXPECT_EQ(outcome_of([&] { p.set_json(damaged); }).code, Code::corrupt_file) << damaged;
  }
}

}  // namespace
}  // namespace castalia
