#include "cpp/referee/classifier/classifier.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/compile/compile.h"
#include "cpp/nn/linear.h"
#include "cpp/nn/network.h"
#include "cpp/nn/parameter_values.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/referee/sample.h"
#include "cpp/referee/statistics.h"
#include "cpp/runtime/workspace.h"
#include "cpp/train/trainer.h"

namespace castalia::referee {
namespace {

constexpr DType kType = DType::float32;
constexpr DType kDouble = DType::float64;
constexpr double kSlope = 0.01;     // of the leaky rectifier
constexpr int64_t kTileRows = 256;  // that are scored at once
// The rounds of the split in kSplitStage: the trainer uses round 0.
constexpr uint64_t kTestRound = 1;
// Of which the null values are taken.
constexpr uint64_t kRelabellings = 100;

// log(p / (1 - p)) for the probability that an event was generated. The context of a row is its
// label, 1 for generated.
class LabelNetwork : public Network {
 public:
  LabelNetwork(int64_t features, const ClassifierOptions& options)
      : features_(features), options_(options) {}

  int64_t features() const override { return features_; }
  int64_t context_features() const override { return 1; }
  bool can(Capability) const override { return false; }

  // Means and deviations of the columns; a constant column tells nothing and becomes zero.
  void fit_preprocessing(std::span<const double> x, std::span<const double>) override {
    const auto width = static_cast<size_t>(features_);
    const auto rows = static_cast<double>(x.size() / width);
    shift_.assign(width, 0);
    scale_.assign(width, 0);
    std::vector<double> low(x.begin(), x.begin() + features_), high = low;
    for (size_t i = 0; i < x.size(); ++i) {
      shift_[i % width] += x[i] / rows;
      low[i % width] = std::min(low[i % width], x[i]);
      high[i % width] = std::max(high[i % width], x[i]);
    }
    for (size_t i = 0; i < x.size(); ++i) {
      scale_[i % width] += (x[i] - shift_[i % width]) * (x[i] - shift_[i % width]) / rows;
    }
    for (size_t j = 0; j < width; ++j) {
      // Not by the deviation, which is that of the mean's rounding where a column is constant.
      const double range = high[j] - low[j];
      const bool constant = range <= 1e-12 * std::max(std::fabs(low[j]), std::fabs(high[j]));
      scale_[j] = constant ? 0 : 1 / std::sqrt(scale_[j]);
    }
  }
  bool fitted() const override { return !scale_.empty(); }
  void check_rows(std::span<const double>, std::span<const double>, int64_t) const override {}
  std::string preprocessing_json() const override {
    return nlohmann::json{{"shift", shift_}, {"scale", scale_}}.dump();
  }
  void set_preprocessing_json(const std::string& json) override {
    const nlohmann::json values = nlohmann::json::parse(json);
    shift_ = values.at("shift").get<std::vector<double>>();
    scale_ = values.at("scale").get<std::vector<double>>();
  }

  void declare(Trace& trace) override {
    network(trace, trace.graph().input("x", {trace.dtype(), {1, features_}}));
  }

  Value logit(Trace& trace, Value x) {
    Graph& graph = trace.graph();
    const auto constant = [&](const std::vector<double>& values) {
      return graph.constant({features_}, kDouble, values);
    };
    const Value prepared = (x - constant(shift_)) * constant(scale_);
    return cast(network(trace, cast(prepared, trace.dtype())), kDouble);
  }

  Value loss(Trace& trace, Value x, Value label) override {
    const Value z = logit(trace, x);
    return softplus(z) - label * z;
  }

 private:
  Value network(Trace& trace, Value x) const {
    for (int64_t layer = 0; layer < options_.hidden_layers; ++layer) {
      x = leaky_relu(
          linear(trace, text("linear_", layer), x, options_.hidden, Initializer::he_uniform),
          kSlope);
    }
    return linear(trace, text("linear_", options_.hidden_layers), x, 1);
  }

  int64_t features_;
  const ClassifierOptions& options_;
  std::vector<double> shift_, scale_;
};

// Appends what the network sees of the rows.
void append_inputs(const Dataset& data, ClassifierInputs inputs, const char* which,
                   std::vector<double>& out) {
  for (int64_t row = 0; row < data.rows; ++row) {
    const double* x = data.x.data() + row * data.features;
    const double* context = data.context.data() + row * data.context_features;
    if (inputs == ClassifierInputs::features) {
      out.insert(out.end(), x, x + data.features);
      out.insert(out.end(), context, context + data.context_features);
      continue;
    }
    const double incident = context[0];
    if (!(incident > 0)) {
      fail(Code::out_of_range, which, ": the incident energy of row ", row, " is ", incident,
           "; allowed: above 0");
    }
    for (int64_t j = 0; j < data.features; ++j) out.push_back(x[j] / incident);
    out.push_back(std::log10(incident));
  }
}

double mean_weight(const Dataset& data) {
  if (data.weights.empty()) return 1;
  double total = 0;
  for (const double weight : data.weights) total += weight;
  return total / static_cast<double>(data.rows);
}

// Generated events, then reference events, with labels and weights of which either kind has half.
Dataset labelled(const Dataset& generated, const Dataset& reference,
                 const ClassifierOptions& options) {
  if (generated.features != reference.features ||
      generated.context_features != reference.context_features) {
    fail(Code::shape_mismatch, "generated has ", generated.features, " features and ",
         generated.context_features, " context features, reference ", reference.features, " and ",
         reference.context_features);
  }
  const bool showers = options.inputs == ClassifierInputs::showers;
  if (showers && generated.context_features == 0) {
    fail(Code::shape_mismatch,
         "the inputs of showers need the incident energy as context, and there is no context");
  }
  Dataset all;
  all.rows = generated.rows + reference.rows;
  all.features = generated.features + (showers ? 1 : generated.context_features);
  all.context_features = 1;
  all.x.reserve(static_cast<size_t>(all.rows * all.features));
  append_inputs(generated, options.inputs, "generated", all.x);
  append_inputs(reference, options.inputs, "reference", all.x);
  for (const Dataset* data : {&generated, &reference}) {
    const double share = 0.5 * static_cast<double>(all.rows) / static_cast<double>(data->rows);
    const double mean = mean_weight(*data);
    for (size_t i = 0; i < static_cast<size_t>(data->rows); ++i) {
      all.context.push_back(data == &generated ? 1 : 0);
      all.weights.push_back(data->weights.empty() ? share : share * (data->weights[i] / mean));
    }
  }
  return all;
}

Dataset rows_of(const Dataset& data, std::span<const int64_t> rows) {
  Dataset part;
  part.rows = std::ssize(rows);
  part.features = data.features;
  part.context_features = data.context_features;
  for (const int64_t row : rows) {
    const auto first = data.x.begin() + row * data.features;
    part.x.insert(part.x.end(), first, first + data.features);
    part.context.push_back(data.context[static_cast<size_t>(row)]);
    part.weights.push_back(data.weights[static_cast<size_t>(row)]);
  }
  return part;
}

// The logits of rows by the trainer's best weights.
std::vector<double> logits(LabelNetwork& network, ParameterTable& table, const Trainer& trainer,
                           const Dataset& data, int threads) {
  Graph graph;
  Trace trace(graph, table, graph.state("parameters", {kType, {table.count()}}), kType);
  const Value x = graph.input("x", {kDouble, {kTileRows, data.features}});
  graph.output("logit", network.logit(trace, x));
  ThreadPool pool(threads);
  Workspace workspace(compile(graph, {.rows_independent = true}), pool.threads());
  AlignedBuffer parameters(padded_bytes(static_cast<size_t>(table.count()) * size_of(kType)));
  write_values(parameters.data(), kType, trainer.parameter_values());
  workspace.bind_state("parameters", parameters.data());
  std::vector<double> result(static_cast<size_t>(data.rows));
  for (int64_t first = 0; first < data.rows; first += kTileRows) {
    const int64_t rows = std::min(kTileRows, data.rows - first);
    auto* in = static_cast<double*>(workspace.input("x"));
    std::fill_n(in, kTileRows * data.features, 0.0);
    std::copy_n(data.x.begin() + first * data.features, rows * data.features, in);
    workspace.run(&pool);
    std::copy_n(static_cast<const double*>(workspace.output("logit")), rows,
                result.begin() + first);
  }
  return result;
}

// Events that the network scored. Labels are 1 for generated.
struct Scored {
  std::vector<double> scores, labels, weights;
};

// With the same statistical power and equal weights.
double effective_events(const std::vector<double>& weights) {
  double sum = 0, squares = 0;
  for (const double weight : weights) {
    sum += weight;
    squares += weight * weight;
  }
  return sum * sum / squares;
}

struct Calibrated {
  Estimate jsd, accuracy;
};

// What the probabilities say of the test events that the validation events turn the scores into.
Calibrated judge_calibrated(const Scored& validation, const Scored& test) {
  const IsotonicRegression calibrate(validation.scores, validation.labels, validation.weights);
  // No probability is more certain than the number of events that it was calibrated on allows.
  const double least = 0.5 / static_cast<double>(validation.scores.size());
  // The divergence is 1 + (the mean of log2 p over generated events and that of log2 (1 - p) over
  // true ones) / 2; its error is that of both means.
  double sum[2] = {0, 0}, squares[2] = {0, 0}, total[2] = {0, 0}, total2[2] = {0, 0};
  double right = 0, all = 0;
  for (size_t i = 0; i < test.scores.size(); ++i) {
    const bool generated = test.labels[i] == 1;
    const double weight = test.weights[i];
    const double p = std::clamp(calibrate(test.scores[i]), least, 1 - least);
    const double term = std::log2(generated ? p : 1 - p);
    sum[generated] += weight * term;
    squares[generated] += weight * term * term;
    total[generated] += weight;
    total2[generated] += weight * weight;
    if ((p > 0.5) == generated) right += weight;
    all += weight;
  }
  Calibrated out;
  out.jsd.value = 1;
  double variance = 0;
  for (int k = 0; k < 2; ++k) {
    const double mean = sum[k] / total[k];
    const double effective = total[k] * total[k] / total2[k];
    out.jsd.value += 0.5 * mean;
    variance += 0.25 * std::max(squares[k] / total[k] - mean * mean, 0.0) / effective;
  }
  out.jsd.error = std::sqrt(variance);
  const double accuracy = right / all;
  const double effective = all * all / (total2[0] + total2[1]);
  out.accuracy = {accuracy, std::sqrt((accuracy * (1 - accuracy) + 1e-9) / effective)};
  return out;
}

// The same scores with labels (and their weights) in random order: nothing can be told then, and
// calibration follows noise alone.
Scored relabelled(const Scored& events, uint64_t seed, uint16_t stage, uint64_t round) {
  Scored out{.scores = events.scores, .labels = {}, .weights = {}};
  for (const int64_t row : permutation(seed, stage, std::ssize(events.scores), round)) {
    out.labels.push_back(events.labels[static_cast<size_t>(row)]);
    out.weights.push_back(events.weights[static_cast<size_t>(row)]);
  }
  return out;
}

void judge(const Scored& validation, const Scored& test, uint64_t seed,
           ClassifierOutcome& outcome) {
  std::vector<double> values[2], weights[2];
  double all = 0, loss = 0;
  for (size_t i = 0; i < test.scores.size(); ++i) {
    const bool generated = test.labels[i] == 1;
    values[generated].push_back(test.scores[i]);
    weights[generated].push_back(test.weights[i]);
    const double z = generated ? -test.scores[i] : test.scores[i];
    loss += test.weights[i] * (std::max(z, 0.0) + std::log1p(std::exp(-std::fabs(z))));
    all += test.weights[i];
  }
  outcome.test_loss = loss / all;
  outcome.auc = area_under_roc({values[1], weights[1]}, {values[0], weights[0]});
  const double a = effective_events(weights[0]), b = effective_events(weights[1]);
  outcome.auc_null_error = std::sqrt((a + b + 1) / (12 * a * b));

  const Calibrated found = judge_calibrated(validation, test);
  outcome.jsd = found.jsd;
  outcome.accuracy = found.accuracy;
  std::vector<double> jsd, accuracy;
  for (uint64_t round = 0; round < kRelabellings; ++round) {
    const Calibrated nothing =
        judge_calibrated(relabelled(validation, seed, kRelabelValidation, round),
                         relabelled(test, seed, kRelabelTest, round));
    jsd.push_back(nothing.jsd.value);
    accuracy.push_back(nothing.accuracy.value);
  }
  const Summary of_jsd = summarise(jsd), of_accuracy = summarise(accuracy);
  outcome.jsd_null = {of_jsd.mean, of_jsd.deviation};
  outcome.accuracy_null = {of_accuracy.mean, of_accuracy.deviation};
}

void train(Trainer& trainer, const ClassifierOptions& options, const EpochCallback& progress) {
  const int64_t epoch = std::max<int64_t>(1, trainer.steps() / options.epochs);
  for (int64_t done = 0; !trainer.finished();) {
    trainer.advance(epoch);
    ++done;
    if (progress && !progress(done, options.epochs, trainer.validation_loss())) {
      fail(Code::cancelled, "the classifier test was stopped in epoch ", done);
    }
  }
}

}  // namespace

ClassifierOutcome classifier_test(const Dataset& generated, const Dataset& reference,
                                  const ClassifierOptions& options, const EpochCallback& progress) {
  const Dataset all = labelled(generated, reference, options);
  const auto part = [&](double fraction) {
    return static_cast<int64_t>(std::floor(fraction * static_cast<double>(all.rows)));
  };
  const int64_t test_rows = part(options.test), validation_rows = part(options.validation);
  const int64_t train_rows = all.rows - test_rows - validation_rows;
  constexpr int64_t kLeast = 20;  // of either part: calibration and figures need some of each kind
  if (train_rows < options.batch || std::min(test_rows, validation_rows) < kLeast) {
    fail(Code::empty_data, "the classifier test has ", train_rows, " events to train on, ",
         validation_rows, " to validate and ", test_rows, " to test; it needs at least ",
         options.batch, " (one batch), ", kLeast, " and ", kLeast);
  }
  std::vector<int64_t> order = permutation(options.seed, kSplitStage, all.rows, kTestRound);
  const Dataset test = rows_of(all, std::span(order).first(static_cast<size_t>(test_rows)));
  const auto rest = std::make_shared<const Dataset>(
      rows_of(all, std::span(order).subspan(static_cast<size_t>(test_rows))));

  auto owned = std::make_unique<LabelNetwork>(all.features, options);
  LabelNetwork& network = *owned;
  ParameterTable table;
  {
    Graph graph;
    Trace trace(graph, table, {}, kType);
    network.declare(trace);
    table.close();
  }
  const std::vector<double> initial = initial_values(table, options.seed);
  const std::vector<float> first(initial.begin(), initial.end());
  const nlohmann::json training = {
      {"epochs", options.epochs},
      {"batch", options.batch},
      {"learning_rate", options.learning_rate},
      {"optimiser", "adam"},
      {"schedule", "constant"},
      {"validation", static_cast<double>(validation_rows) / static_cast<double>(rest->rows)},
      {"seed", options.seed}};
  Trainer trainer(std::move(owned), table, kType, first.data(), rest,
                  TrainingOptions(training.dump()), options.threads);
  train(trainer, options, progress);

  const Dataset held_out = rows_of(*rest, trainer.validation_rows());
  const auto scored = [&](const Dataset& events) {
    return Scored{.scores = logits(network, table, trainer, events, options.threads),
                  .labels = events.context,
                  .weights = events.weights};
  };
  ClassifierOutcome outcome;
  outcome.epochs = options.epochs;
  outcome.train_events = rest->rows - held_out.rows;
  outcome.validation_events = held_out.rows;
  outcome.test_events = test.rows;
  judge(scored(held_out), scored(test), options.seed, outcome);
  return outcome;
}

}  // namespace castalia::referee
