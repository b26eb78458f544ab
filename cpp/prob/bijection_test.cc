// Laws of every bijection, on each of its examples in both precisions.
#include "cpp/prob/bijection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <eigen3/Eigen/LU>
#include <map>
#include <nlohmann/json.hpp>
#include <numbers>
#include <string>
#include <vector>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/compile/compile.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/workspace.h"

namespace castalia {
namespace {

constexpr uint64_t kSeed = 4711;

struct Subject {
  const BijectionKind* kind;
  size_t example;
  DType dtype;
};

std::vector<Subject> subjects() {
  std::vector<Subject> all;
  for (const BijectionKind* kind : bijections()) {
    for (size_t example = 0; example < kind->examples.size(); ++example) {
      for (const DType dtype : {DType::float32, DType::float64}) {
        all.push_back({kind, example, dtype});
      }
    }
  }
  return all;
}

// Those of one and two features, which every bijection has.
std::vector<Subject> small_subjects() {
  std::vector<Subject> small = subjects();
  std::erase_if(small,
                [](const Subject& each) { return each.kind->examples[each.example].features > 2; });
  return small;
}

std::string subject_name(const testing::TestParamInfo<Subject>& info) {
  return text(info.param.kind->name, "_", info.param.example, "_", name(info.param.dtype));
}

enum class Direction { forward, inverse };

std::vector<double> normals(size_t count, uint16_t stage) {
  std::vector<double> out(count);
  fill_normal(Stream{kSeed, 0, stage, 0}, out);
  return out;
}

// What a direction gives, converted to double.
struct Result {
  std::vector<double> value;
  std::vector<double> log_abs_det;
};

// Of the objective sum(a value) + sum(b log_abs_det) with fixed a and b.
struct Derivatives {
  double objective = 0;
  std::vector<double> parameters, rows, context;
};

// A bijection with parameters moved from where they start, so that it is not the identity, and
// rows to map.
class BijectionLaws : public testing::TestWithParam<Subject> {
 protected:
  static constexpr int64_t kRows = 24;
  static constexpr double kMove = 0.15;

  void SetUp() override {
    const BijectionKind& kind = *GetParam().kind;
    const BijectionExample& example = kind.examples[GetParam().example];
    place_.features = example.features;
    place_.context_features = example.context_features;
    place_.domain.tails = example.tails;
    if (example.tails == "none") place_.domain = {example.tails, -1, 1};
    place_.seed = kSeed;
    const FieldValues values(kind.name, kind.fields, example.settings);
    map_ = kind.make(kind.name, values, place_);
    Graph graph;
    Trace trace(graph, table_, Value(), DType::float64);
    map_->forward(trace, graph.input("x", {DType::float64, {1, features()}}),
                  context_of(graph, DType::float64, 1));
    table_.close();
    parameters_ = initial_values(table_, kSeed);
    const std::vector<double> moves = normals(parameters_.size(), 1);
    for (size_t i = 0; i < parameters_.size(); ++i) {
      parameters_[i] = rounded(parameters_[i] + kMove * moves[i]);
    }
    rows_ = normals(static_cast<size_t>(kRows * features()), 2);
    for (double& x : rows_) x = rounded(bounded() ? std::tanh(0.7 * x) : 1.5 * x);
    context_ = normals(static_cast<size_t>(kRows * place_.context_features), 3);
    for (double& c : context_) c = rounded(c);
  }

  int64_t features() const { return place_.features; }
  bool bounded() const { return place_.domain.tails == "none"; }
  DType dtype() const { return GetParam().dtype; }
  bool wide() const { return dtype() == DType::float64; }
  // Both precisions compute with the same numbers.
  double rounded(double x) const { return wide() ? x : static_cast<float>(x); }

  Value context_of(Graph& graph, DType dtype, int64_t rows) const {
    if (place_.context_features == 0) return {};
    return graph.input("context", {dtype, {rows, place_.context_features}});
  }

  Mapped traced(Graph& graph, Direction direction, DType dtype, int64_t rows) const {
    const Value flat = table_.count() > 0 ? graph.input("parameters", {dtype, {table_.count()}})
                                          : graph.constant({1}, dtype, std::vector<double>{0});
    ParameterTable table = table_;
    Trace trace(graph, table, flat, dtype);
    const Value x = graph.input("x", {dtype, {rows, features()}});
    const Value context = context_of(graph, dtype, rows);
    const Mapped mapped = direction == Direction::forward ? map_->forward(trace, x, context)
                                                          : map_->inverse(trace, x, context);
    EXPECT_TRUE(mapped.value.type() == x.type()) << mapped.value.type();
    const TensorType log_det_type{DType::float64, {rows, 1}};
    EXPECT_TRUE(mapped.log_abs_det.type() == log_det_type) << mapped.log_abs_det.type();
    return mapped;
  }

  static void write(Workspace& workspace, const std::string& name, DType dtype,
                    std::span<const double> values) {
    if (values.empty()) return;
    void* const to = workspace.input(name);
    if (dtype == DType::float64) {
      std::copy(values.begin(), values.end(), static_cast<double*>(to));
    } else {
      std::transform(values.begin(), values.end(), static_cast<float*>(to),
                     [](double x) { return static_cast<float>(x); });
    }
  }

  static std::vector<double> read(Workspace& workspace, const std::string& name, size_t count) {
    const auto* data = static_cast<const double*>(workspace.output(name));
    return {data, data + count};
  }

  void run(Workspace& workspace, DType dtype, std::span<const double> parameters,
           std::span<const double> rows, std::span<const double> context) const {
    write(workspace, "parameters", dtype, parameters);
    write(workspace, "x", dtype, rows);
    write(workspace, "context", dtype, context);
    workspace.run();
  }

  Result mapped(Direction direction, DType dtype, std::span<const double> rows,
                std::span<const double> context) const {
    const auto count = static_cast<int64_t>(rows.size()) / features();
    Graph graph;
    const Mapped out = traced(graph, direction, dtype, count);
    graph.output("value", cast(out.value, DType::float64));
    graph.output("log_abs_det", out.log_abs_det);
    Workspace workspace(compile(graph));
    run(workspace, dtype, parameters_, rows, context);
    return {read(workspace, "value", rows.size()),
            read(workspace, "log_abs_det", static_cast<size_t>(count))};
  }

  // The graph of the objective and its derivatives.
  class Differentiated {
   public:
    Differentiated(const BijectionLaws& law, Direction direction, DType dtype)
        : law_(law), dtype_(dtype) {
      Graph graph;
      const Mapped out = law.traced(graph, direction, dtype, kRows);
      const auto weights = [&](const Shape& shape, uint16_t stage) {
        return graph.constant(shape, DType::float64,
                              normals(static_cast<size_t>(shape.count()), stage));
      };
      const Value value = cast(out.value, DType::float64);
      const Value objective = sum(weights(value.shape(), 4) * value) +
                              sum(weights(out.log_abs_det.shape(), 5) * out.log_abs_det);
      graph.output("objective", objective);
      names_.clear();
      const std::vector<Value>& inputs = graph.inputs();
      const std::vector<Value> gradients = gradient(objective, inputs);
      for (size_t i = 0; i < inputs.size(); ++i) {
        names_.push_back(inputs[i].node().attributes.string("name"));
        counts_.push_back(static_cast<size_t>(inputs[i].shape().count()));
        graph.output("by " + names_.back(), cast(gradients[i], DType::float64));
      }
      workspace_ = std::make_unique<Workspace>(compile(graph));
    }

    Derivatives at(std::span<const double> parameters, std::span<const double> rows,
                   std::span<const double> context) {
      law_.run(*workspace_, dtype_, parameters, rows, context);
      Derivatives out;
      out.objective = read(*workspace_, "objective", 1)[0];
      for (size_t i = 0; i < names_.size(); ++i) {
        std::vector<double>& to = names_[i] == "parameters" ? out.parameters
                                  : names_[i] == "x"        ? out.rows
                                                            : out.context;
        to = read(*workspace_, "by " + names_[i], counts_[i]);
      }
      return out;
    }

   private:
    const BijectionLaws& law_;
    DType dtype_;
    std::vector<std::string> names_;
    std::vector<size_t> counts_;
    std::unique_ptr<Workspace> workspace_;
  };

  // Rows of the direction's argument: those given, or what they are mapped to.
  std::vector<double> arguments(Direction direction) const {
    if (direction == Direction::forward) return rows_;
    std::vector<double> out = mapped(Direction::forward, DType::float64, rows_, context_).value;
    for (double& x : out) x = rounded(x);
    return out;
  }

  BijectionPlace place_;
  std::unique_ptr<const Bijection> map_;
  ParameterTable table_;
  std::vector<double> parameters_, rows_, context_;
};

TEST_P(BijectionLaws, InverseUndoesForward) {
  const Result there = mapped(Direction::forward, dtype(), rows_, context_);
  const Result back = mapped(Direction::inverse, dtype(), there.value, context_);
  const Result again = mapped(Direction::forward, dtype(), back.value, context_);
  const double tolerance = wide() ? 1e-10 : 1e-3;
  for (size_t i = 0; i < rows_.size(); ++i) {
    EXPECT_NEAR(back.value[i], rows_[i], tolerance) << "element " << i;
    EXPECT_NEAR(again.value[i], there.value[i], wide() ? 1e-12 : 3e-5) << "element " << i;
  }
  for (size_t row = 0; row < kRows; ++row) {
    EXPECT_NEAR(back.log_abs_det[row], -there.log_abs_det[row], tolerance) << "row " << row;
  }
}

TEST_P(BijectionLaws, LogDeterminantsAreThoseOfTheDenseJacobians) {
  for (const Direction direction : {Direction::forward, Direction::inverse}) {
    const std::vector<double> rows = arguments(direction);
    Graph graph;
    const Mapped out = traced(graph, direction, DType::float64, kRows);
    const auto x = std::find_if(graph.inputs().begin(), graph.inputs().end(), [](Value input) {
      return input.node().attributes.string("name") == "x";
    });
    ASSERT_NE(x, graph.inputs().end());
    const Value argument = *x;
    for (int64_t j = 0; j < features(); ++j) {
      graph.output(text("row ", j),
                   gradient(slice(out.value, 1, j, j + 1), std::vector<Value>{argument})[0]);
    }
    Workspace workspace(compile(graph));
    run(workspace, DType::float64, parameters_, rows, context_);
    const std::vector<double> found = mapped(direction, dtype(), rows, context_).log_abs_det;
    for (int64_t row = 0; row < kRows; ++row) {
      Eigen::MatrixXd jacobian(features(), features());
      for (int64_t j = 0; j < features(); ++j) {
        const auto* derivatives = static_cast<const double*>(workspace.output(text("row ", j)));
        for (int64_t i = 0; i < features(); ++i) {
          jacobian(j, i) = derivatives[row * features() + i];
        }
      }
      EXPECT_NEAR(found[static_cast<size_t>(row)], std::log(std::abs(jacobian.determinant())),
                  wide() ? 1e-10 : 1e-3)
          << "row " << row << ", " << (direction == Direction::forward ? "forward" : "inverse");
    }
  }
}

// In float64 against central differences; in float32 against float64 at the same numbers.
TEST_P(BijectionLaws, GradientsAreThoseOfDifferences) {
  for (const Direction direction : {Direction::forward, Direction::inverse}) {
    const char* const which = direction == Direction::forward ? "forward" : "inverse";
    const std::vector<double> rows = arguments(direction);
    Differentiated exact(*this, direction, DType::float64);
    const Derivatives derivatives = exact.at(parameters_, rows, context_);
    if (!wide()) {
      const Derivatives found =
          Differentiated(*this, direction, DType::float32).at(parameters_, rows, context_);
      const auto compare = [&](const std::vector<double>& a, const std::vector<double>& b) {
        double largest = 1;
        for (const double value : b) largest = std::max(largest, std::abs(value));
        for (size_t i = 0; i < b.size(); ++i) {
          EXPECT_NEAR(a[i], b[i], 2e-3 * largest) << which << ", element " << i;
        }
      };
      compare(found.parameters, derivatives.parameters);
      compare(found.rows, derivatives.rows);
      compare(found.context, derivatives.context);
      continue;
    }
    const auto compare = [&](const char* what, std::vector<double> at,
                             const std::vector<double>& slopes, const auto& objective) {
      const size_t stride = std::max<size_t>(1, at.size() / 40);
      for (size_t i = 0; i < at.size(); i += stride) {
        const double middle = at[i];
        const auto difference = [&](double step) {
          at[i] = middle + step;
          const double above = objective(at);
          at[i] = middle - step;
          const double below = objective(at);
          at[i] = middle;
          return (above - below) / (2 * step);
        };
        // The error is of the fourth order in the step.
        const double found = (4 * difference(1e-4) - difference(2e-4)) / 3;
        EXPECT_NEAR(slopes[i], found, 1e-6 * std::max(1.0, std::abs(slopes[i])))
            << which << ", " << what << " " << i;
      }
    };
    compare("parameter", parameters_, derivatives.parameters,
            [&](const auto& at) { return exact.at(at, rows, context_).objective; });
    compare("row's element", rows, derivatives.rows,
            [&](const auto& at) { return exact.at(parameters_, at, context_).objective; });
    compare("context", context_, derivatives.context,
            [&](const auto& at) { return exact.at(parameters_, rows, at).objective; });
  }
}

TEST_P(BijectionLaws, BitsDoNotDependOnTheBatch) {
  for (const Direction direction : {Direction::forward, Direction::inverse}) {
    const std::vector<double> rows = arguments(direction);
    const Result all = mapped(direction, dtype(), rows, context_);
    const auto width = static_cast<size_t>(features());
    const auto context_width = static_cast<size_t>(place_.context_features);
    for (const size_t batch : {size_t{1}, size_t{5}}) {
      for (size_t first = 0; first < kRows; first += batch) {
        const size_t count = std::min(batch, kRows - first);
        const Result part =
            mapped(direction, dtype(), std::span(rows).subspan(first * width, count * width),
                   std::span(context_).subspan(first * context_width, count * context_width));
        for (size_t i = 0; i < count * width; ++i) {
          EXPECT_EQ(part.value[i], all.value[first * width + i]);
        }
        for (size_t i = 0; i < count; ++i) {
          EXPECT_EQ(part.log_abs_det[i], all.log_abs_det[first + i]);
        }
        if (first >= 2 * batch) first += 4 * batch;  // some in the middle
      }
    }
  }
}

// Far beyond any data, but so that sums of products with weights stay finite; and next to nothing.
TEST_P(BijectionLaws, ExtremeRowsGiveNoNan) {
  const double huge = wide() ? 1e290 : 1e30;
  const double tiny = wide() ? 1e-300 : 1e-37;
  const std::vector<double> values = bounded()
                                         ? std::vector<double>{-1, 1, 0, tiny, -tiny}
                                         : std::vector<double>{huge, -huge, 0, tiny, -tiny, 1e6};
  std::vector<double> rows(rows_.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto pick = bits(Stream{kSeed, i, 6, 0}, 0) % values.size();
    rows[i] = values[pick];
  }
  // Whole rows of one value, too.
  for (size_t row = 0; row < values.size(); ++row) {
    std::fill_n(rows.begin() + static_cast<ptrdiff_t>(row) * features(), features(), values[row]);
  }
  for (const Direction direction : {Direction::forward, Direction::inverse}) {
    const Result out = mapped(direction, dtype(), rows, context_);
    for (const double x : out.value) EXPECT_FALSE(std::isnan(x));
    for (const double x : out.log_abs_det) EXPECT_FALSE(std::isnan(x));
    const Derivatives derivatives =
        Differentiated(*this, direction, dtype()).at(parameters_, rows, context_);
    for (const double x : derivatives.rows) EXPECT_FALSE(std::isnan(x));
  }
}

// A normal (in a box: uniform) density, pulled back.
class SmallBijectionLaws : public BijectionLaws {};

TEST_P(SmallBijectionLaws, DensitiesIntegrateToOne) {
  const int64_t n = features();
  const std::vector<double> context(
      context_.begin(), context_.begin() + static_cast<ptrdiff_t>(place_.context_features));
  constexpr int64_t kBatch = 1000;
  std::vector<double> contexts;
  for (int64_t i = 0; i < kBatch; ++i) {
    contexts.insert(contexts.end(), context.begin(), context.end());
  }
  // Where a disc that holds the density comes from.
  std::vector<double> low(static_cast<size_t>(n), -1);
  std::vector<double> high(static_cast<size_t>(n), 1);
  if (!bounded()) {
    std::vector<double> ring;
    for (int64_t i = 0; i < kBatch; ++i) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(i) / kBatch;
      ring.push_back(rounded(6 * std::cos(angle)));
      if (n == 2) ring.push_back(rounded(6 * std::sin(angle)));
    }
    const std::vector<double> from = mapped(Direction::inverse, dtype(), ring, contexts).value;
    for (size_t i = 0; i < from.size(); ++i) {
      const size_t j = i % static_cast<size_t>(n);
      low[j] = std::min(low[j], from[i]);
      high[j] = std::max(high[j], from[i]);
    }
  }
  const int64_t steps = n == 1 ? 20000 : 500;
  double cell = 1;
  for (size_t j = 0; j < low.size(); ++j) cell *= (high[j] - low[j]) / static_cast<double>(steps);
  const int64_t points = n == 1 ? steps : steps * steps;
  Graph graph;
  const Mapped out = traced(graph, Direction::forward, dtype(), kBatch);
  graph.output("value", cast(out.value, DType::float64));
  graph.output("log_abs_det", out.log_abs_det);
  Workspace workspace(compile(graph));
  double total = 0;
  for (int64_t first = 0; first < points; first += kBatch) {
    std::vector<double> grid;
    for (int64_t point = first; point < first + kBatch; ++point) {
      for (int64_t j = 0; j < n; ++j) {
        const auto step = static_cast<double>(j == 0 ? point % steps : point / steps) + 0.5;
        const auto at = static_cast<size_t>(j);
        grid.push_back(low[at] + (high[at] - low[at]) * step / static_cast<double>(steps));
      }
    }
    run(workspace, dtype(), parameters_, grid, contexts);
    const std::vector<double> z = read(workspace, "value", grid.size());
    const std::vector<double> log_det = read(workspace, "log_abs_det", kBatch);
    for (size_t row = 0; row < kBatch; ++row) {
      double log_density = log_det[row];
      for (size_t j = 0; j < low.size(); ++j) {
        const double value = z[row * low.size() + j];
        log_density += bounded() ? -std::numbers::ln2
                                 : -0.5 * (value * value + std::log(2 * std::numbers::pi));
      }
      total += std::exp(log_density) * cell;
    }
  }
  EXPECT_NEAR(total, 1, 1e-3);
}

TEST_P(BijectionLaws, EveryParameterAndTheContextMatter) {
  const Derivatives found =
      Differentiated(*this, Direction::forward, dtype()).at(parameters_, rows_, context_);
  for (const Parameter& p : table_.parameters()) {
    double largest = 0;
    for (int64_t i = 0; i < p.shape.count(); ++i) {
      largest = std::max(largest, std::abs(found.parameters[static_cast<size_t>(p.offset + i)]));
    }
    EXPECT_GT(largest, 0) << p.name;
  }
  double largest = 0;
  for (const double slope : found.context) largest = std::max(largest, std::abs(slope));
  if (place_.context_features > 0) {
    EXPECT_GT(largest, 0) << "context";
    EXPECT_TRUE(GetParam().kind->conditional);
  }
}

// Those whose parameters are constrained so that the map is invertible.
std::vector<Subject> constrained_subjects() {
  std::vector<Subject> all = subjects();
  std::erase_if(all, [](const Subject& each) {
    const std::string& name = each.kind->name;
    return each.dtype != DType::float64 || (each.kind->analytic_inverse && name != "radial");
  });
  return all;
}

class ConstrainedBijectionLaws : public BijectionLaws {};

// Weights as no training leaves them: the constraints hold all the same.
TEST_P(ConstrainedBijectionLaws, AreInvertibleWhateverTheParameters) {
  const std::vector<double> moves = normals(parameters_.size(), 7);
  for (size_t i = 0; i < parameters_.size(); ++i) parameters_[i] = 4 * moves[i];
  const Result there = mapped(Direction::forward, dtype(), rows_, context_);
  const Result back = mapped(Direction::inverse, dtype(), there.value, context_);
  for (size_t i = 0; i < rows_.size(); ++i) {
    EXPECT_NEAR(back.value[i], rows_[i], 1e-9 * std::max(1.0, std::abs(there.value[i])));
  }
  for (size_t row = 0; row < kRows; ++row) {
    EXPECT_TRUE(std::isfinite(there.log_abs_det[row]));
    EXPECT_NEAR(back.log_abs_det[row], -there.log_abs_det[row], 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Bijections, ConstrainedBijectionLaws,
                         testing::ValuesIn(constrained_subjects()), subject_name);
INSTANTIATE_TEST_SUITE_P(Bijections, BijectionLaws, testing::ValuesIn(subjects()), subject_name);
INSTANTIATE_TEST_SUITE_P(Bijections, SmallBijectionLaws, testing::ValuesIn(small_subjects()),
                         subject_name);

TEST(BijectionKinds, AreDescribed) {
  EXPECT_GE(bijections().size(), 13u);
  for (const BijectionKind* kind : bijections()) {
    EXPECT_EQ(&find_bijection(kind->name), kind);
    EXPECT_FALSE(kind->summary.empty()) << kind->name;
    EXPECT_FALSE(kind->examples.empty()) << kind->name;
    bool has_context = false;
    bool is_small = false;
    for (const BijectionExample& each : kind->examples) {
      has_context |= each.context_features > 0;
      is_small |= each.features <= 2;
    }
    EXPECT_TRUE(is_small) << kind->name << ": no example of one or two features";
    EXPECT_EQ(has_context, kind->conditional) << kind->name << ": examples with a context";
    for (const std::string& tails : kind->tails) {
      const bool known = tails == "linear" || tails == "none" || tails == "circular";
      EXPECT_TRUE(known) << kind->name << ": " << tails;
    }
  }
  const nlohmann::json listed = nlohmann::json::parse(bijections_json());
  ASSERT_EQ(listed.size(), bijections().size());
  for (size_t i = 0; i < listed.size(); ++i) {
    EXPECT_EQ(listed[i]["name"], bijections()[i]->name);
    EXPECT_EQ(listed[i]["fields"].size(), bijections()[i]->fields.size());
  }
}

std::string error_of(const std::string& entry, const BijectionPlace& place = {.features = 4}) {
  try {
    make_bijection("flow.layers[2]", entry, place);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(MakeBijection, ReadsNamesAndSettings) {
  const BijectionPlace place{.features = 4};
  for (const char* entry :
       {"act_norm", " act_norm ( ) ", "coupling(hidden=16, activation=silu,swap=true)",
        "residual(contraction=0.5,hidden = 8)", "invertible_convolution(channels=2)"}) {
    const MadeBijection made = make_bijection("flow.layers[0]", entry, place);
    EXPECT_TRUE(made.map) << entry;
    EXPECT_NE(std::string(entry).find(made.kind->name), std::string::npos);
  }
}

TEST(MakeBijection, NamesWhatDoesNotFit) {
  const auto expect = [](const std::string& error, const std::vector<const char*>& words) {
    for (const char* word : words) EXPECT_NE(error.find(word), std::string::npos) << error;
  };
  expect(error_of("lu_liner"), {"flow.layers[2]", "'lu_liner'", "did you mean 'lu_linear'"});
  expect(error_of("coupling(hiden=3)"), {"flow.layers[2].coupling", "did you mean 'hidden'"});
  expect(error_of("coupling(hidden=0)"), {"flow.layers[2].coupling.hidden is 0", "1 to 65536"});
  expect(error_of("coupling(hidden=many)"), {"hidden must be of type integer"});
  expect(error_of("coupling(hidden=3"), {"flow.layers[2]", "name(setting=value, ...)"});
  expect(error_of("coupling(hidden)"), {"flow.layers[2]", "name(setting=value, ...)"});
  expect(error_of(""), {"flow.layers[2]", "name(setting=value, ...)"});
  expect(error_of("coupling(hidden=3, hidden=4)"), {"'hidden' twice"});
  expect(error_of("coupling", {.features = 1}), {"one feature and no context"});
  expect(error_of("invertible_convolution"), {"channels is required"});
  expect(error_of("invertible_convolution(channels=3)"), {"channels is 3", "4 features"});
  expect(error_of("planar", {.features = 2, .domain = {"none", -1, 1}}),
         {"planar", "tails 'none'"});
  expect(error_of("residual(contraction=1)"), {"contraction is 1", "0.05 to 0.99"});
}

}  // namespace
}  // namespace castalia
