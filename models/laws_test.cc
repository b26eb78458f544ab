// Laws that follow from an architecture's capabilities, for each of its examples in both
// precisions.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <eigen3/Eigen/LU>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/compile/compile.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/cuda/emulated_device.h"
#include "cpp/runtime/cuda/load.h"
#include "cpp/train/adversarial.h"
#include "models/fit.h"
#include "models/model.h"

namespace castalia {
namespace {

constexpr uint64_t kSeed = 20260;

struct Subject {
  const Architecture* architecture;
  size_t example;
  DType dtype;
};

std::vector<Subject> subjects() {
  std::vector<Subject> all;
  for (const Architecture* architecture : catalogue()) {
    for (size_t example = 0; example < architecture->examples.size(); ++example) {
      for (const DType dtype : {DType::float32, DType::float64}) {
        all.push_back({architecture, example, dtype});
      }
    }
  }
  return all;
}

std::string subject_name(const testing::TestParamInfo<Subject>& info) {
  return text(info.param.architecture->name, "_", info.param.example, "_", name(info.param.dtype));
}

std::vector<double> column(const std::vector<double>& values, int64_t columns, int64_t which) {
  std::vector<double> out;
  for (size_t i = static_cast<size_t>(which); i < values.size();
       i += static_cast<size_t>(columns)) {
    out.push_back(values[i]);
  }
  return out;
}

double deviation(const std::vector<double>& values) {
  double sum = 0;
  double squares = 0;
  for (const double x : values) sum += x;
  const double mean = sum / static_cast<double>(values.size());
  for (const double x : values) squares += (x - mean) * (x - mean);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

// A model fitted to data, not trained, whose weights are moved a little from where they start: far
// enough that no layer is the identity, not so far that the map is worse conditioned than a trained
// one, which would show as rounding in the round trip.
class Laws : public testing::TestWithParam<Subject> {
 protected:
  static constexpr int64_t kRows = 300;

  void SetUp() override {
    const Subject& subject = GetParam();
    const Specification example(*subject.architecture,
                                subject.architecture->examples[subject.example]);
    model_ = Model::create(example.with("dtype", text('"', name(subject.dtype), '"')));
    make_data();
    model_->fit_preprocessing(x_, context_);
    std::vector<double> weights = model_->parameter_values();
    std::vector<double> noise(weights.size());
    fill_normal(Stream{kSeed, 0, 1, 0}, noise);
    for (size_t i = 0; i < weights.size(); ++i) weights[i] += 0.05 * noise[i];
    model_->set_parameter_values(weights);
  }

  void make_data() {
    const auto features = static_cast<size_t>(model_->features());
    const auto context_features = static_cast<size_t>(model_->context_features());
    const auto fields = nlohmann::json::parse(model_->specification().json());
    const int64_t total = fields.value("total_column", int64_t{-1});
    for (uint64_t row = 0; row < kRows; ++row) {
      std::vector<double> c(context_features);
      std::vector<double> x(features);
      fill_uniform(Stream{kSeed, row, 2, 0}, c);
      fill_normal(Stream{kSeed, row, 3, 0}, x);
      for (size_t i = 0; i < features; ++i) {
        x[i] = 0.3 * static_cast<double>(i) + 0.7 * x[i] + (c.empty() ? 0.0 : c[0]);
        if (GetParam().architecture->positive) x[i] = std::max(x[i], 0.0);
      }
      const auto& make_event = GetParam().architecture->make_event;
      if (make_event) make_event(model_->specification(), x);
      x_.insert(x_.end(), x.begin(), x.end());
      make_context(c);
      if (total >= 0) c[static_cast<size_t>(total)] = std::accumulate(x.begin(), x.end(), 0.0);
      context_.insert(context_.end(), c.begin(), c.end());
    }
  }

  void make_context(std::span<double> row) const {
    const auto& make = GetParam().architecture->make_context;
    if (make && !row.empty()) make(model_->specification(), row);
  }

  bool can(Capability capability) const { return model_->network().can(capability); }
  bool conditional() const { return model_->context_features() > 0; }
  std::span<const double> context_rows(int64_t first, int64_t rows) const {
    const int64_t width = model_->context_features();
    return std::span(context_).subspan(static_cast<size_t>(first * width),
                                       static_cast<size_t>(rows * width));
  }
  // What an evaluation of these rows is told: nothing where training alone reads the context.
  std::span<const double> told(Capability capability, int64_t first = 0,
                               int64_t rows = kRows) const {
    return model_->context_features(capability) > 0 ? context_rows(first, rows)
                                                    : std::span<const double>();
  }
  // What has a number or a row of them for each row of the data.
  static constexpr Capability kOfRows[] = {Capability::log_prob, Capability::transform,
                                           Capability::score};
  std::vector<double> of_rows(const Model& model, Capability capability, int64_t first,
                              int64_t rows, Resources resources = 1) const {
    const int64_t width = model.features();
    const auto x = std::span(x_).subspan(static_cast<size_t>(first * width),
                                         static_cast<size_t>(rows * width));
    const auto context = told(capability, first, rows);
    if (capability == Capability::transform) {
      // Rows, then determinants.
      std::vector<double> out(static_cast<size_t>(rows * (width + 1)));
      const std::span<double> all = out;
      model.transform(x, context, all.first(x.size()), all.subspan(x.size()), resources);
      return out;
    }
    std::vector<double> out(static_cast<size_t>(rows));
    if (capability == Capability::score) {
      model.score(x, context, out, resources);
    } else {
      model.log_prob(x, context, out, resources);
    }
    return out;
  }
  std::vector<double> log_prob() const { return of_rows(*model_, Capability::log_prob, 0, kRows); }
  std::vector<double> sample(uint64_t first, int64_t rows, int threads = 1) const {
    std::vector<double> out(static_cast<size_t>(rows * model_->features()));
    model_->sample(kSeed, first, context_rows(static_cast<int64_t>(first), rows), out, threads);
    return out;
  }

  // On a device and on the host: what is drawn, what is said of rows, and what a few steps of
  // training make of the weights.
  void expect_agreement(const Device& device) const {
    constexpr int64_t kSome = 40;
    const auto drawn = [&](const Device* place) {
      std::vector<double> out(static_cast<size_t>(kSome * model_->features()));
      model_->sample(kSeed, 0, context_rows(0, kSome), out, Resources(1, place));
      return out;
    };
    if (can(Capability::sample)) expect_close(drawn(&device), drawn(nullptr), "a draw");
    for (const Capability capability : kOfRows) {
      if (!can(capability)) continue;
      // A density has its transformation in it.
      if (capability == Capability::transform && can(Capability::log_prob)) continue;
      expect_close(of_rows(*model_, capability, 0, kSome, Resources(1, &device)),
                   of_rows(*model_, capability, 0, kSome), name(capability));
    }
    // In float32 a step can meet a kink on the other side.
    if (GetParam().dtype == DType::float32) return;
    const auto trained = [&](const Device* place) {
      const TrainingOptions options(
          R"({"steps": 3, "batch": 64, "optimiser": "sgd", "learning_rate": 0.001})");
      auto data = std::make_shared<Dataset>();
      data->rows = kRows;
      data->features = model_->features();
      data->context_features = model_->context_features();
      data->x = x_;
      data->context = context_;
      const auto trainer = make_trainer(*model_, data, options, Resources(1, place));
      trainer->advance(3);
      return trainer->parameter_values();
    };
    expect_close(trained(&device), trained(nullptr), "a weight");
  }

  // All but one in two hundred numbers: discrete outcomes may flip.
  void expect_close(const std::vector<double>& got, const std::vector<double>& expected,
                    const char* what) const {
    ASSERT_EQ(got.size(), expected.size());
    const double limit = GetParam().dtype == DType::float32 ? 2e-4 : 1e-9;
    const double scale = 1 + deviation(expected);
    size_t apart = 0;
    double worst = 0;
    for (size_t i = 0; i < got.size(); ++i) {
      const double difference = std::abs(got[i] - expected[i]) / (scale + std::abs(expected[i]));
      apart += difference <= limit ? 0 : 1;
      worst = std::max(worst, difference);
    }
    EXPECT_LE(apart, got.size() / 200) << what << ": of " << got.size() << ", the worst " << worst;
  }

  bool adversarial() const { return model_->network().adversarial() != nullptr; }
  // What any of the parameters is trained by, of each row.
  Value all_losses(Trace& trace, Value x, Value context) const {
    Network& network = model_->network();
    if (!adversarial()) return network.loss(trace, x, context);
    const TrainingOptions options(R"({"regularisers": ["gradient_penalty"]})");
    const Adversarial::Contest contest = network.adversarial()->contest(trace, x, context);
    return generator_side(contest, options).loss + critic_side(trace, contest, options).loss;
  }

  std::shared_ptr<Model> model_;
  std::vector<double> x_;
  std::vector<double> context_;
};

TEST_P(Laws, TheNetworkCanDoNoMoreThanItsArchitectureSays) {
  for (const Capability each : {Capability::sample, Capability::log_prob, Capability::transform,
                                Capability::inverse, Capability::score}) {
    EXPECT_TRUE(GetParam().architecture->can(each) || !can(each)) << name(each);
  }
}

TEST_P(Laws, SamplesAreTheSameForAnyBatchAndThreads) {
  if (!can(Capability::sample)) GTEST_SKIP();
  const std::vector<double> all = sample(0, kRows);
  EXPECT_EQ(sample(0, kRows, 2), all);
  const auto features = static_cast<size_t>(model_->features());
  for (const int64_t batch : {1, 7, 256}) {
    std::vector<double> pieces;
    for (int64_t first = 0; first < kRows; first += batch) {
      const std::vector<double> piece =
          sample(static_cast<uint64_t>(first), std::min<int64_t>(batch, kRows - first));
      pieces.insert(pieces.end(), piece.begin(), piece.end());
    }
    EXPECT_EQ(pieces, all) << "batch " << batch;
  }
  Sampler sampler(model_, kSeed);
  std::vector<double> drawn(all.size());
  size_t row = 0;
  for (size_t step = 0; row < kRows; ++step) {
    const size_t rows = std::min<size_t>(step % 3 == 2 ? 40 : 1, kRows - row);
    sampler.next(std::span(drawn).subspan(row * features, rows * features),
                 context_rows(static_cast<int64_t>(row), static_cast<int64_t>(rows)));
    row += rows;
  }
  EXPECT_EQ(drawn, all);
  sampler.seek(123);
  std::vector<double> one(features);
  sampler.next(one, context_rows(123, 1));
  EXPECT_TRUE(std::equal(one.begin(), one.end(), all.begin() + 123 * static_cast<long>(features)));
  EXPECT_EQ(sampler.position(), 124u);
}

TEST_P(Laws, DifferentSeedsAndEventsDiffer) {
  if (!can(Capability::sample)) GTEST_SKIP();
  std::vector<double> a(static_cast<size_t>(2 * model_->features()));
  std::vector<double> b = a;
  const std::span<const double> context = context_rows(0, conditional() ? 1 : 0);
  model_->sample(1, 0, context, a);
  model_->sample(2, 0, context, b);
  EXPECT_NE(a, b);
  // Not number by number: a cell of a shower may be empty in both.
  const auto second = a.begin() + model_->features();
  EXPECT_FALSE(std::equal(a.begin(), second, second));
}

TEST_P(Laws, WhatIsSaidOfARowIsTheSameForAnyBatchAndThreads) {
  for (const Capability capability : kOfRows) {
    if (!can(capability)) continue;
    const std::vector<double> all = of_rows(*model_, capability, 0, kRows);
    EXPECT_EQ(of_rows(*model_, capability, 0, kRows, 2), all) << name(capability);
    const size_t width = all.size() / kRows;
    for (int64_t row = 0; row < kRows; row += 37) {
      const std::vector<double> one = of_rows(*model_, capability, row, 1);
      const auto at = static_cast<size_t>(row);
      // Of a transformation the rows come first, then the determinants.
      const size_t values = width > 1 ? width - 1 : 1;
      EXPECT_TRUE(std::equal(one.begin(), one.begin() + static_cast<long>(values),
                             all.begin() + static_cast<long>(at * values)))
          << name(capability) << ", row " << row;
      EXPECT_EQ(one.back(), all[width > 1 ? values * kRows + at : at]) << name(capability);
    }
  }
}

// The determinant of the Jacobian of a traced map, by one gradient a column.
TEST_P(Laws, LogDeterminantIsThatOfTheDenseJacobian) {
  if (!can(Capability::transform)) GTEST_SKIP();
  if (model_->dtype() != DType::float64) GTEST_SKIP() << "compared in float64";
  constexpr int64_t rows = 16;
  const int64_t features = model_->features();
  const int64_t width = model_->context_features(Capability::transform);
  Graph graph;
  const Value flat =
      graph.state("parameters", {DType::float64, {model_->parameter_table().count()}});
  Trace trace(graph, model_->parameter_table(), flat, DType::float64);
  const Value x = graph.input("x", {DType::float64, {rows, features}});
  const Value context =
      width > 0 ? graph.input("context", {DType::float64, {rows, width}}) : Value();
  const auto [z, log_det] = model_->network().transform(trace, x, context);
  graph.output("log_det", log_det);
  for (int64_t j = 0; j < features; ++j) {
    const std::vector<Value> sources = {x};
    graph.output(text("row ", j), gradient(slice(z, 1, j, j + 1), sources)[0]);
  }
  Workspace workspace(compile(graph));
  workspace.bind_state("parameters", model_->parameters());
  std::memcpy(workspace.input("x"), x_.data(),
              static_cast<size_t>(rows * features) * sizeof(double));
  if (width > 0) {
    std::memcpy(workspace.input("context"), context_.data(),
                static_cast<size_t>(rows * width) * sizeof(double));
  }
  workspace.run();
  const auto* found = static_cast<const double*>(workspace.output("log_det"));
  for (int64_t row = 0; row < rows; ++row) {
    Eigen::MatrixXd jacobian(features, features);
    for (int64_t j = 0; j < features; ++j) {
      const auto* derivatives = static_cast<const double*>(workspace.output(text("row ", j)));
      for (int64_t i = 0; i < features; ++i) jacobian(j, i) = derivatives[row * features + i];
    }
    EXPECT_NEAR(found[row], std::log(std::abs(jacobian.determinant())), 1e-8) << "row " << row;
  }
}

TEST_P(Laws, InverseUndoesTransform) {
  if (!can(Capability::transform) || !can(Capability::inverse)) GTEST_SKIP();
  std::vector<double> z(x_.size());
  std::vector<double> back(x_.size());
  std::vector<double> there(kRows);
  std::vector<double> again(kRows);
  model_->transform(x_, told(Capability::transform), z, there);
  model_->inverse(z, told(Capability::inverse), back, again);
  const double tolerance = model_->dtype() == DType::float64 ? 1e-9 : 1e-4;
  const int64_t features = model_->features();
  for (int64_t j = 0; j < features; ++j) {
    const std::vector<double> given = column(x_, features, j);
    const std::vector<double> found = column(back, features, j);
    const double unit = deviation(given);
    for (size_t row = 0; row < given.size(); ++row) {
      EXPECT_NEAR(found[row], given[row], tolerance * unit) << "row " << row << ", column " << j;
    }
  }
  for (size_t row = 0; row < kRows; ++row) {
    EXPECT_NEAR(there[row], -again[row], model_->dtype() == DType::float64 ? 1e-8 : 1e-2);
  }
}

TEST_P(Laws, DensityIntegratesToOne) {
  if (!can(Capability::log_prob) || !can(Capability::sample)) GTEST_SKIP();
  const int64_t features = model_->features();
  if (features > 2) GTEST_SKIP() << "integrated in one and two dimensions";
  // The range of many events holds all but a few in 10^5 of the density; the data are among them so
  // that all of a bounded domain is covered.
  constexpr int64_t kEvents = 100000;
  std::vector<double> events(static_cast<size_t>(kEvents * features));
  const std::span<const double> context = context_rows(0, conditional() ? 1 : 0);
  model_->sample(kSeed, 0, context, events, 2);
  events.insert(events.end(), x_.begin(), x_.end());
  const int64_t steps = features == 1 ? 20000 : 700;
  std::vector<double> low;
  std::vector<double> size;
  double cell = 1;
  for (int64_t j = 0; j < features; ++j) {
    const std::vector<double> values = column(events, features, j);
    const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
    low.push_back(*least);
    size.push_back((*greatest - *least) / static_cast<double>(steps));
    cell *= size.back();
  }
  const int64_t points = features == 1 ? steps : steps * steps;
  std::vector<double> grid;
  for (int64_t point = 0; point < points; ++point) {
    grid.push_back(low[0] + size[0] * (static_cast<double>(point % steps) + 0.5));
    if (features == 2)
      grid.push_back(low[1] + size[1] * (static_cast<double>(point / steps) + 0.5));
  }
  std::vector<double> log_densities(static_cast<size_t>(points));
  model_->log_prob(grid, context, log_densities, 2);
  double total = 0;
  for (const double value : log_densities) total += std::exp(value) * cell;
  EXPECT_NEAR(total, 1.0, 2e-3);
}

TEST_P(Laws, EveryParameterGetsAGradient) {
  constexpr int64_t rows = 128;
  const int64_t width = model_->context_features();
  const DType dtype = model_->dtype();
  Graph graph;
  ParameterTable& table = model_->parameter_table();
  const Value flat = graph.state("parameters", {dtype, {table.count()}});
  Trace trace(graph, table, flat, dtype);
  const Value x = graph.input("x", {DType::float64, {rows, model_->features()}});
  const Value context =
      width > 0 ? graph.input("context", {DType::float64, {rows, width}}) : Value();
  trace.seed = graph.scalar(kSeed, DType::int64);
  trace.first_event = graph.scalar(0, DType::int64);
  trace.training = true;
  const Value loss = mean(all_losses(trace, x, context), {0, 1});
  std::vector<Parameter> trainable;
  std::vector<Value> parameters;
  for (const Parameter& p : table.parameters()) {
    if (!p.trainable) {
      EXPECT_TRUE(trace.updates.contains(p.offset)) << p.name;
      continue;
    }
    trainable.push_back(p);
    parameters.push_back(trace.parameter(p.name, p.shape, p.initializer));
  }
  const std::vector<Value> gradients = gradient(loss, parameters);
  for (size_t i = 0; i < gradients.size(); ++i) {
    graph.output(trainable[i].name, cast(gradients[i], DType::float64));
  }
  Workspace workspace(compile(graph, {.rows_independent = false}));
  workspace.bind_state("parameters", model_->parameters());
  std::memcpy(workspace.input("x"), x_.data(),
              static_cast<size_t>(rows * model_->features()) * sizeof(double));
  if (width > 0) {
    std::memcpy(workspace.input("context"), context_.data(),
                static_cast<size_t>(rows * width) * sizeof(double));
  }
  workspace.run();
  for (const Parameter& p : trainable) {
    const auto* values = static_cast<const double*>(workspace.output(p.name));
    double largest = 0;
    for (int64_t i = 0; i < p.shape.count(); ++i) {
      ASSERT_TRUE(std::isfinite(values[i])) << p.name;
      largest = std::max(largest, std::abs(values[i]));
    }
    EXPECT_GT(largest, 0) << p.name;
  }
}

TEST_P(Laws, LearnsSixteenEventsByHeart) {
  if (adversarial()) GTEST_SKIP() << "a critic is no loss that falls";
  constexpr int64_t rows = 16;
  auto data = std::make_shared<Dataset>();
  data->rows = rows;
  data->features = model_->features();
  data->context_features = model_->context_features();
  data->x.assign(x_.begin(), x_.begin() + rows * data->features);
  data->context.assign(context_.begin(), context_.begin() + rows * data->context_features);
  const auto mean_log_prob = [&](const Model& model) {
    std::vector<double> out(rows);
    model.log_prob(data->x, data->context, out);
    return std::accumulate(out.begin(), out.end(), 0.0) / rows;
  };
  const double density_before = can(Capability::log_prob) ? mean_log_prob(*model_) : 0;
  const TrainingOptions options(
      R"({"steps": 1500, "batch": 16, "learning_rate": 0.01, "validation": 0})");
  const std::unique_ptr<Trainer> trainer = make_trainer(*model_, data, options, 1);
  trainer->advance(1);
  const double loss_before = trainer->loss();
  EXPECT_EQ(trainer->advance(1449), 1449);
  EXPECT_EQ(trainer->advance(50), 50);  // a mean: a loss may draw its own noise
  if (trainer->loss() < loss_before - 0.7) return;
  // A loss need not be a density's: that of flow matching has a noise that nothing takes away.
  ASSERT_TRUE(can(Capability::log_prob)) << trainer->loss() << " after " << loss_before;
  adopt(*model_, *trainer);
  EXPECT_GT(mean_log_prob(*model_), density_before + 0.7);
}

TEST_P(Laws, ConditioningChangesTheOutput) {
  if (!conditional()) GTEST_SKIP();
  std::vector<double> shifted = context_;
  for (double& value : shifted) value += 0.5;
  const auto width = static_cast<size_t>(model_->context_features());
  for (size_t i = 0; i < shifted.size(); i += width) {
    make_context(std::span(shifted).subspan(i, width));
  }
  if (can(Capability::log_prob)) {
    std::vector<double> other(kRows);
    model_->log_prob(x_, shifted, other);
    const std::vector<double> same = log_prob();
    for (size_t row = 0; row < kRows; ++row) EXPECT_NE(other[row], same[row]);
  }
  if (can(Capability::sample)) {
    std::vector<double> other(x_.size());
    model_->sample(kSeed, 0, shifted, other);
    EXPECT_NE(other, sample(0, kRows));
  }
}

TEST_P(Laws, AFileHoldsAllOfIt) {
  const std::string first = testing::TempDir() + "/first.safetensors";
  const std::string second = testing::TempDir() + "/second.safetensors";
  model_->save(first);
  const std::shared_ptr<Model> loaded = Model::load(first);
  EXPECT_EQ(loaded->specification().json(), model_->specification().json());
  EXPECT_EQ(loaded->describe(), model_->describe());
  for (const Capability capability : kOfRows) {
    if (!can(capability)) continue;
    EXPECT_EQ(of_rows(*loaded, capability, 0, kRows), of_rows(*model_, capability, 0, kRows))
        << name(capability);
  }
  if (can(Capability::sample)) {
    std::vector<double> out(x_.size());
    loaded->sample(kSeed, 0, context_, out);
    EXPECT_EQ(out, sample(0, kRows));
  }
  loaded->save(second);
  const auto bytes = [](const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  EXPECT_EQ(bytes(first), bytes(second));
  std::remove(first.c_str());
  std::remove(second.c_str());
}

TEST_P(Laws, PrecisionsAgree) {
  const DType other = model_->dtype() == DType::float32 ? DType::float64 : DType::float32;
  const std::shared_ptr<Model> converted = model_->converted(other);
  EXPECT_EQ(converted->dtype(), other);
  for (const Capability capability : {Capability::log_prob, Capability::score}) {
    if (!can(capability)) continue;
    const std::vector<double> out = of_rows(*converted, capability, 0, kRows);
    const std::vector<double> own = of_rows(*model_, capability, 0, kRows);
    for (size_t row = 0; row < kRows; ++row) {
      EXPECT_NEAR(out[row], own[row], 1e-3 * std::max(1.0, std::abs(own[row])));
    }
  }
  if (model_->dtype() == DType::float32) {
    EXPECT_EQ(converted->converted(DType::float32)->parameter_values(), model_->parameter_values());
  }
}

TEST_P(Laws, TheEmulatedDeviceAgreesWithTheHost) { expect_agreement(cuda::emulated_device()); }

TEST_P(Laws, AGpuAgreesWithTheHost) {
  const Device* device = nullptr;
  try {
    device = find_device("cuda:0");
  } catch (const Error& error) {
    GTEST_SKIP() << error.what();
  }
  expect_agreement(*device);
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Laws, testing::ValuesIn(subjects()), subject_name);

}  // namespace
}  // namespace castalia
