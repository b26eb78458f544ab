#include "bench/interface/flow_tasks.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "bench/interface/handles.h"
#include "capi/castalia.h"

namespace castalia::bench {
namespace {

struct Flow {
  const char* architecture;
  const char* fields;
};

// The defaults of coupling_flow: 8 couplings, conditioners 6-128-128-138 with ReLU, 8 bins on [-5,
// 5], linear tails, a normal base.
constexpr Flow kFlow{"coupling_flow", R"({"features": 12})"};
// One coupling of a few units.
constexpr Flow kSmallFlow{
    "coupling_flow", R"({"features": 2, "layers": 1, "hidden": 8, "hidden_layers": 1, "bins": 4})"};
// The showers of CaloFlow's teacher (arXiv:2106.05285), given the incident energy.
constexpr Flow kTeacher{"autoregressive_flow",
                        R"({"features": 504, "context_features": 1, "layers": 8, "hidden": 378,
                            "bins": 8, "degrees": "cyclic"})"};

// A velocity field 13-256-256-256-256-12 with SiLU (the last input is the time) and 25 steps of the
// classical Runge-Kutta method.
constexpr Flow kContinuous{"continuous_flow",
                           R"({"features": 12, "hidden": 256, "hidden_layers": 4,
                               "activation": "silu", "solver": "rk4", "steps": 25})"};

// DCGAN, 64 base channels, batch normalisation in the generator; and the steps of its training: one
// of the critic with the gradient penalty (arXiv:1704.00028), then one of the generator.
constexpr Flow kImages{"dcgan",
                       R"({"shape": [32, 32], "cell_features": 3, "cells": "reals", "latent": 128,
                           "latent_distribution": "normal"})"};
constexpr char kWasserstein[] =
    R"({"adversarial_loss": "wasserstein", "regularisers": ["gradient_penalty"],
        "optimiser": "adam"})";

// Untrained, every spline is the identity. Weights of this size put events into all bins.
constexpr double kWeightScale = 0.1;

constexpr uint64_t kSeed = 1;

// A dense array of events in float32.
class Events {
 public:
  Events(int64_t rows, int64_t columns) : values_(static_cast<size_t>(rows * columns)) {
    const int64_t shape[] = {rows, columns};
    require(castalia_array_dense(values_.data(), CASTALIA_FLOAT32, 2, shape, &view_));
  }
  // One value an event, shape (rows).
  explicit Events(int64_t rows) : values_(static_cast<size_t>(rows)) {
    require(castalia_array_dense(values_.data(), CASTALIA_FLOAT32, 1, &rows, &view_));
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;

  const castalia_array* view() const { return &view_; }
  double total() const { return std::accumulate(values_.begin(), values_.end(), 0.0); }

 private:
  std::vector<float> values_;
  castalia_array view_;
};

// A flow with random weights and, below, what the workloads do with it.
class FlowTask : public Task {
 public:
  FlowTask(const Flow& flow, int threads) {
    require(castalia_context_create(context_.out()));
    require(castalia_context_set_threads(context_, threads, threads));
    Config config;
    require(castalia_config_create(config.out()));
    require(castalia_config_set_json(config, flow.fields));
    require(castalia_model_create(context_, flow.architecture, config, model_.out()));
    require(castalia_model_shape(model_, &features_, &context_features_, &parameters_));
    std::vector<double> values(static_cast<size_t>(parameters_));
    castalia_array row;  // (1, parameters): one long event of random numbers
    const int64_t shape[] = {1, parameters_};
    require(castalia_array_dense(values.data(), CASTALIA_FLOAT64, 2, shape, &row));
    require(castalia_normal(kSeed, 0, 0, &row));
    for (double& value : values) value *= kWeightScale;
    castalia_array vector;
    require(castalia_array_dense(values.data(), CASTALIA_FLOAT64, 1, &parameters_, &vector));
    require(castalia_model_set_parameters(model_, &vector));
  }

  int64_t parameters() const override { return parameters_; }

  // One step of training on a few events: a model can be used, and saved with a reference, after
  // it.
  void fit() {
    Dataset data;
    Config training;
    prepare_training(kFewEvents, 1, "{}", data, training);
    require(castalia_model_fit(model_, data, training, nullptr, nullptr));
  }
  void save(const std::string& path) { require(castalia_model_save(model_, path.c_str())); }

 protected:
  // Normal events, a few batches of them, and settings that keep none back for validation.
  void prepare_training(int64_t batch, int64_t steps, const char* fields, Dataset& data,
                        Config& training) {
    constexpr int64_t kBatches = 4;
    const Events x(kBatches * batch, features_);
    require(castalia_normal(kSeed, 0, 1, x.view()));
    if (context_features_ > 0) {
      const Events context(kBatches * batch, context_features_);
      require(castalia_normal(kSeed, 0, 2, context.view()));
      require(castalia_dataset_create(context_, x.view(), context.view(), nullptr, data.out()));
    } else {
      require(castalia_dataset_create(context_, x.view(), nullptr, nullptr, data.out()));
    }
    require(castalia_config_create(training.out()));
    require(castalia_config_set_json(training, fields));
    require(castalia_config_set_integer(training, "batch", batch));
    require(castalia_config_set_integer(training, "steps", steps));
    require(castalia_config_set_real(training, "validation", 0));
  }

  Context context_;
  Model model_;
  int64_t features_ = 0;
  int64_t context_features_ = 0;
  int64_t parameters_ = 0;

 private:
  static constexpr int64_t kFewEvents = 64;
};

class Sample final : public FlowTask {
 public:
  Sample(const Flow& flow, int64_t batch, int threads)
      : FlowTask(flow, threads),
        batch_(batch),
        x_(batch, features_),
        condition_(batch, std::max<int64_t>(1, context_features_)) {
    fit();
  }
  // Each event is computed when it is asked for: a castalia_sampler would draw single events ahead.
  void run() override {
    require(castalia_model_sample(model_, kSeed, first_event_,
                                  context_features_ > 0 ? condition_.view() : nullptr, x_.view()));
    first_event_ += batch_;
  }
  double check() const override { return x_.total(); }

 private:
  int64_t batch_;
  int64_t first_event_ = 0;
  Events x_;
  Events condition_;
};

class LogProb final : public FlowTask {
 public:
  LogProb(int64_t batch, int threads)
      : FlowTask(kFlow, threads), x_(batch, features_), log_prob_(batch) {
    fit();
    require(castalia_normal(kSeed, 0, 1, x_.view()));
  }
  void run() override {
    require(castalia_model_log_prob(model_, x_.view(), nullptr, log_prob_.view()));
  }
  double check() const override { return log_prob_.total(); }

 private:
  Events x_;
  Events log_prob_;
};

// A step of Castalia's trainer: it gathers the batch from the data set, then forward, backward,
// Adam; for a generator and a critic once each.
class Train final : public FlowTask {
 public:
  Train(const Flow& flow, const char* fields, int64_t batch, int threads)
      : FlowTask(flow, threads) {
    constexpr int64_t kEndless = 1'000'000'000;
    Config training;
    prepare_training(batch, kEndless, fields, data_, training);
    require(castalia_trainer_create(model_, data_, training, trainer_.out()));
  }
  void run() override { require(castalia_trainer_advance(trainer_, 1)); }
  double check() const override {
    double loss = 0;
    require(castalia_trainer_status(trainer_, nullptr, nullptr, &loss, nullptr, nullptr));
    return loss;
  }

 private:
  Dataset data_;
  Trainer trainer_;
};

}  // namespace

std::unique_ptr<Task> make_flow_task(const Request& request, int threads) {
  if (request.workload == "P1" && request.mode == "train") {
    return std::make_unique<Train>(kFlow, "{}", request.batch, threads);
  }
  if (request.workload == "P6" && request.mode == "train") {
    return std::make_unique<Train>(kImages, kWasserstein, request.batch, threads);
  }
  if (request.workload == "P2" && request.mode == "sample") {
    return std::make_unique<Sample>(kFlow, request.batch, threads);
  }
  if (request.workload == "P2" && request.mode == "log_prob") {
    return std::make_unique<LogProb>(request.batch, threads);
  }
  if (request.workload == "P3" && request.mode == "sample") {
    return std::make_unique<Sample>(kTeacher, request.batch, threads);
  }
  if (request.workload == "P9" && request.mode == "sample") {
    return std::make_unique<Sample>(kContinuous, request.batch, threads);
  }
  if (request.workload == "P14" && request.mode == "call") {
    return std::make_unique<Sample>(kSmallFlow, request.batch, threads);
  }
  throw std::invalid_argument("no workload " + request.workload + " " + request.mode);
}

void write_flow(const std::string& workload, const std::string& path) {
  Sample flow(workload == "P14" ? kSmallFlow : kFlow, 1, 1);
  flow.save(path);
}

}  // namespace castalia::bench
