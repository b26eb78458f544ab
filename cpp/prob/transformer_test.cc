// The laws of transformers, for each with each of its examples and tails, in both precisions.
#include "cpp/prob/transformer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/evaluate_for_test.h"

namespace castalia {
namespace {

using Numbers = std::vector<double>;
using Results = std::map<std::string, Numbers>;

constexpr double kBound = 3;

struct Subject {
  const TransformerKind* kind;
  size_t example;
  std::string tails;
  DType dtype;
};

std::vector<Subject> subjects() {
  std::vector<Subject> all;
  for (const TransformerKind* kind : transformers()) {
    for (size_t example = 0; example < kind->examples.size(); ++example) {
      for (const std::string& tails : kind->tails) {
        for (const DType dtype : {DType::float32, DType::float64}) {
          all.push_back({kind, example, tails, dtype});
        }
      }
    }
  }
  return all;
}

std::string subject_name(const testing::TestParamInfo<Subject>& info) {
  const Subject& s = info.param;
  return text(s.kind->name, "_", s.example, "_", s.tails, "_", name(s.dtype));
}

FieldValues values_of(const TransformerKind& kind, const std::string& settings) {
  nlohmann::json all = nlohmann::json::parse(settings);
  all["transformer"] = kind.name;
  const std::vector<Field> fields = transformer_fields(kind.name);
  return FieldValues("test", fields, all.dump());
}

// Some numbers within +-largest, the same for every call.
Numbers wave(size_t count, double largest) {
  Numbers out;
  for (size_t i = 0; i < count; ++i) {
    out.push_back(largest * std::sin(12.9898 * static_cast<double>(i + 1)));
  }
  return out;
}

class Laws : public testing::TestWithParam<Subject> {
 protected:
  DType dtype() const { return GetParam().dtype; }
  bool is_double() const { return dtype() == DType::float64; }
  bool unbounded() const { return GetParam().tails == "linear"; }
  double rounding() const {
    return is_double() ? std::numeric_limits<double>::epsilon()
                       : static_cast<double>(std::numeric_limits<float>::epsilon());
  }
  Transformer transformer() const {
    const Subject& s = GetParam();
    return make_transformer("test", values_of(*s.kind, s.kind->examples[s.example]),
                            {.tails = s.tails, .lower = -kBound, .upper = kBound});
  }
  // Arguments in ascending order, numbers of the type: with tails beyond the domain, too.
  Numbers grid(int count) const {
    Numbers out;
    for (int i = 0; i < count; ++i) {
      const double at = (unbounded() ? 1.5 : 0.999) * kBound * (2.0 * i / (count - 1) - 1.0) + 1e-4;
      out.push_back(is_double() ? at : static_cast<double>(static_cast<float>(at)));
    }
    return out;
  }
  // Both directions from one argument each, `rows` transformers of one feature.
  Results mapped(bool inverse, const Numbers& argument, const Numbers& params) const {
    const Transformer map = transformer();
    const auto rows = static_cast<int64_t>(argument.size());
    Graph graph;
    const Value a = graph.input("argument", {dtype(), {rows, 1}});
    const Value p = graph.input("params", {dtype(), {rows, map.parameters()}});
    const Mapped out = inverse ? map.inverse(a, p) : map.forward(a, p);
    graph.output("value", out.value);
    graph.output("log_abs_det", out.log_abs_det);
    return evaluate(graph, {{"argument", argument}, {"params", params}});
  }
  // The same parameters for all arguments.
  Numbers shared_params(size_t rows, double largest) const {
    const Numbers one = wave(static_cast<size_t>(transformer().parameters()), largest);
    Numbers all;
    for (size_t i = 0; i < rows; ++i) all.insert(all.end(), one.begin(), one.end());
    return all;
  }
};

TEST_P(Laws, ComeBack) {
  const Numbers x = grid(401);
  const Numbers params = wave(x.size() * static_cast<size_t>(transformer().parameters()), 1.5);
  const Results there = mapped(false, x, params);
  const Results back = mapped(true, there.at("value"), params);
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double y = there.at("value")[i];
    const double log_derivative = there.at("log_abs_det")[i];
    // Where the map is flat its inverse magnifies the rounding of y.
    const double unit = rounding() * (kBound + (std::abs(y) + kBound) * std::exp(-log_derivative));
    const double error = std::abs(back.at("value")[i] - x[i]);
    worst = std::max(worst, error / unit);
    ASSERT_LE(error, 40 * unit) << "at " << x[i];
    ASSERT_NEAR(back.at("log_abs_det")[i], -log_derivative, 1e4 * unit) << "at " << x[i];
  }
  std::printf("  largest error of a round trip: %.2g roundings\n", worst);
}

TEST_P(Laws, LogDerivativeAgreesWithDifferences) {
  if (!is_double()) GTEST_SKIP() << "differences need double precision";
  const double step = 1e-6;
  const Numbers x = grid(301);
  const Numbers params = shared_params(x.size(), 1.5);
  const auto moved = [&](double by) {
    Numbers out = x;
    for (double& each : out) each += by;
    return mapped(false, out, params);
  };
  const Results here = moved(0), left = moved(-step), right = moved(step);
  int skipped = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    // A derivative may jump at a knot.
    if (std::abs(right.at("log_abs_det")[i] - left.at("log_abs_det")[i]) > 1e-3) {
      ++skipped;
      continue;
    }
    const double difference = (right.at("value")[i] - left.at("value")[i]) / (2 * step);
    const double derivative = std::exp(here.at("log_abs_det")[i]);
    EXPECT_NEAR(difference, derivative, 1e-6 * derivative + 1e-8) << "at " << x[i];
  }
  EXPECT_LT(skipped, 10);
}

TEST_P(Laws, Rise) {
  for (const double largest : {1.0, 4.0, 30.0}) {
    const Numbers x = grid(2001);
    const Results there = mapped(false, x, shared_params(x.size(), largest));
    const Numbers& y = there.at("value");
    for (size_t i = 1; i < y.size(); ++i) {
      if (is_double()) {
        ASSERT_GT(y[i], y[i - 1]) << "at " << x[i] << " with parameters up to " << largest;
      } else {
        ASSERT_GE(y[i], y[i - 1] - 4 * rounding() * (kBound + std::abs(y[i])))
            << "at " << x[i] << " with parameters up to " << largest;
      }
    }
  }
}

TEST_P(Laws, InverseHasTheGradientOfDifferences) {
  if (!is_double()) GTEST_SKIP() << "differences need double precision";
  const Transformer map = transformer();
  const int64_t rows = 40;
  const auto parameters = static_cast<size_t>(map.parameters());
  Numbers x;
  for (int64_t i = 0; i < rows; ++i) {
    x.push_back(0.93 * kBound * std::sin(1.7 * static_cast<double>(i + 1)));
  }
  const Numbers params = wave(x.size() * parameters, 1.0);
  const Numbers y = mapped(false, x, params).at("value");
  // Each row by itself: the sum over rows of value and log_abs_det, weighted.
  Graph graph;
  const Value a = graph.input("argument", {dtype(), {rows, 1}});
  const Value p = graph.input("params", {dtype(), {rows, map.parameters()}});
  const Mapped out = map.inverse(a, p);
  const Value combined = out.value * 0.7 + out.log_abs_det * 1.3;
  const Value inputs[] = {a, p};
  const std::vector<Value> gradients = gradient(sum(combined), inputs);
  graph.output("combined", combined);
  graph.output("by argument", gradients[0]);
  graph.output("by params", gradients[1]);
  const Results here = evaluate(graph, {{"argument", y}, {"params", params}});
  const double step = 1e-6;
  const auto expect_agreement = [&](size_t moved, const Numbers& by) {
    // Of the argument, or of parameter number `moved`, in all rows at once.
    const auto at = [&](double sign) {
      Results sources{{"argument", y}, {"params", params}};
      for (size_t row = 0; row < x.size(); ++row) {
        (moved == parameters ? sources["argument"][row]
                             : sources["params"][row * parameters + moved]) += sign * step;
      }
      return evaluate(graph, sources).at("combined");
    };
    const Numbers left = at(-1), right = at(1);
    for (size_t row = 0; row < x.size(); ++row) {
      const double difference = (right[row] - left[row]) / (2 * step);
      const double got = moved == parameters ? by[row] : by[row * parameters + moved];
      EXPECT_NEAR(got, difference, 1e-5 * (1 + std::abs(difference)))
          << "row " << row << ", number " << moved;
    }
  };
  expect_agreement(parameters, here.at("by argument"));
  for (size_t i = 0; i < parameters; ++i) expect_agreement(i, here.at("by params"));
}

TEST_P(Laws, AreFiniteForExtremeNumbers) {
  const Transformer map = transformer();
  const auto parameters = static_cast<size_t>(map.parameters());
  Numbers x, params;
  for (const double largest : {0.0, 1.0, 30.0, 1e4, 1e30}) {
    for (const int pattern : {0, 1, 2, 3}) {
      for (const double at : {0.0, kBound, -kBound, kBound * (1 - 1e-7), 2.9999, 1e-30, -1.7, 0.6,
                              3.1, 1e4, -1e4, 1e30, -1e30}) {
        x.push_back(at);
        for (size_t i = 0; i < parameters; ++i) {
          const double alternating = i % 2 == 0 ? largest : -largest;
          params.push_back(pattern == 0   ? alternating
                           : pattern == 1 ? -alternating
                           : pattern == 2 ? largest * std::sin(3.7 * static_cast<double>(i))
                           : i < 3        ? largest
                                          : -largest);
        }
      }
    }
  }
  const auto rows = static_cast<int64_t>(x.size());
  for (const bool inverse : {false, true}) {
    Graph graph;
    const Value a = graph.input("argument", {dtype(), {rows, 1}});
    const Value p = graph.input("params", {dtype(), {rows, map.parameters()}});
    const Mapped out = inverse ? map.inverse(a, p) : map.forward(a, p);
    const Value inputs[] = {a, p};
    const std::vector<Value> by_value = gradient(sum(out.value), inputs);
    const std::vector<Value> by_log = gradient(sum(out.log_abs_det), inputs);
    graph.output("value", out.value);
    graph.output("log_abs_det", out.log_abs_det);
    graph.output("value by argument", by_value[0]);
    graph.output("value by params", by_value[1]);
    graph.output("log_abs_det by argument", by_log[0]);
    graph.output("log_abs_det by params", by_log[1]);
    for (const auto& [name, numbers] : evaluate(graph, {{"argument", x}, {"params", params}})) {
      const size_t width = numbers.size() / x.size();
      for (size_t i = 0; i < numbers.size(); ++i) {
        ASSERT_TRUE(std::isfinite(numbers[i]))
            << (inverse ? "inverse " : "forward ") << name << " at " << x[i / width] << ", row "
            << i / width << ", column " << i % width << ", parameters up to "
            << std::abs(params[i / width * parameters]);
      }
    }
  }
}

TEST_P(Laws, KeepNaN) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Numbers x = {nan, 0.5};
  const Numbers params = shared_params(2, 1.0);
  for (const bool inverse : {false, true}) {
    const Results out = mapped(inverse, x, params);
    for (const char* output : {"value", "log_abs_det"}) {
      EXPECT_TRUE(std::isnan(out.at(output)[0])) << output;
      EXPECT_TRUE(std::isfinite(out.at(output)[1])) << output;
    }
  }
}

// The base density, pulled back, is a density.
TEST_P(Laws, IntegrateToOne) {
  const int points = 40001;
  const double far = unbounded() ? 60.0 : kBound;
  Numbers x;
  for (int i = 0; i < points; ++i) x.push_back(far * ((2.0 * i + 1) / points - 1));
  const Results there = mapped(false, x, shared_params(x.size(), 1.5));
  double total = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double y = there.at("value")[i];
    const double base = unbounded() ? std::exp(-y * y / 2) / std::sqrt(2 * M_PI) : 0.5 / kBound;
    total += base * std::exp(there.at("log_abs_det")[i]) * 2 * far / points;
  }
  EXPECT_NEAR(total, 1, 2e-3);
}

TEST_P(Laws, ZerosAreCloseToTheIdentity) {
  const Numbers x = grid(101);
  const Results out = mapped(false, x, shared_params(x.size(), 0.0));
  const std::string& example = GetParam().kind->examples[GetParam().example];
  const bool other_scale = example.find("affine_scale") != std::string::npos;
  for (size_t i = 0; i < x.size(); ++i) {
    if (other_scale) {
      EXPECT_GT(out.at("value")[i] / x[i], 0.65);
      EXPECT_LT(out.at("value")[i] / x[i], 1);
      continue;
    }
    EXPECT_NEAR(out.at("value")[i], x[i], 0.13);
    EXPECT_NEAR(out.at("log_abs_det")[i], 0, 0.06);
  }
}

// A row's bits do not depend on the rows beside it or on their number: what samplers that tile
// their rows build upon.
TEST_P(Laws, RowsAreIndependent) {
  const Transformer map = transformer();
  const auto parameters = static_cast<size_t>(map.parameters());
  const Numbers x = grid(67);
  const Numbers params = wave(x.size() * parameters, 1.5);
  for (const bool inverse : {false, true}) {
    const Results all = mapped(inverse, x, params);
    for (const size_t first : {0, 1, 5, 66}) {
      const size_t last = std::min<size_t>(x.size(), first == 5 ? 22 : first + 1);
      const Results some =
          mapped(inverse,
                 Numbers(x.begin() + static_cast<ptrdiff_t>(first),
                         x.begin() + static_cast<ptrdiff_t>(last)),
                 Numbers(params.begin() + static_cast<ptrdiff_t>(first * parameters),
                         params.begin() + static_cast<ptrdiff_t>(last * parameters)));
      for (size_t i = first; i < last; ++i) {
        EXPECT_EQ(some.at("value")[i - first], all.at("value")[i]) << i;
        EXPECT_EQ(some.at("log_abs_det")[i - first], all.at("log_abs_det")[i]) << i;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Laws, testing::ValuesIn(subjects()), subject_name);

// A value of the field's type that is not its default.
nlohmann::json other_value(const Field& field) {
  const nlohmann::json usual = nlohmann::json::parse(field.default_value);
  if (field.type == FieldType::integer) return usual.get<int64_t>() + 2;
  if (field.type == FieldType::real) return usual.get<double>() * 2;
  return usual == field.choices.front() ? field.choices.back() : field.choices.front();
}

std::string refusal(const FieldValues& values, const TransformerDomain& domain) {
  try {
    make_transformer("flow", values, domain);
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(Transformers, RefuseSettingsOfOthers) {
  int refused = 0;
  for (const TransformerKind* kind : transformers()) {
    for (const Field& field : transformer_fields(kind->name)) {
      if (field.name == "transformer") continue;
      const bool own = std::any_of(kind->fields.begin(), kind->fields.end(),
                                   [&](const Field& each) { return each.name == field.name; });
      const nlohmann::json settings{{field.name, other_value(field)}};
      const std::string message = refusal(values_of(*kind, settings.dump()), {});
      if (own) {
        EXPECT_EQ(message, "none") << kind->name << ", " << field.name;
      } else {
        ++refused;
        EXPECT_EQ(message, text("flow.", field.name, " is set, but the transformer '", kind->name,
                                "' has no such setting"));
      }
    }
  }
  EXPECT_GT(refused, 30);
}

TEST(Transformers, RefuseTailsThatTheyCannotHave) {
  const TransformerKind& affine = find_transformer("affine");
  EXPECT_EQ(refusal(values_of(affine, "{}"), {.tails = "none"}),
            "flow.tails is 'none'; the transformer 'affine' can have 'linear'");
}

TEST(Transformers, AreDescribed) {
  for (const TransformerKind* kind : transformers()) {
    SCOPED_TRACE(kind->name);
    EXPECT_FALSE(kind->summary.empty());
    EXPECT_FALSE(kind->references.empty());
    EXPECT_FALSE(kind->tails.empty());
    EXPECT_EQ(kind->examples.front(), "{}");
    EXPECT_EQ(&find_transformer(kind->name), kind);
  }
  try {
    find_transformer("afine");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("affine"), std::string::npos) << error.what();
  }
  const nlohmann::json list = nlohmann::json::parse(transformers_json());
  ASSERT_EQ(list.size(), transformers().size());
  EXPECT_EQ(list[0]["name"], "additive");
  EXPECT_EQ(list[0]["references"][0], "1410.8516");
}

}  // namespace
}  // namespace castalia
