#include "bench/interface/model_tasks.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <stdexcept>
#include <vector>

#include "bench/interface/handles.h"
#include "capi/castalia.h"

namespace castalia::bench {
namespace {

// What rows of the data are.
enum class Kind { numbers, showers, clouds };

struct Described {
  const char* architecture;
  const char* fields;
  Kind kind = Kind::numbers;
};

// The defaults of coupling_flow: 8 couplings, conditioners 6-128-128-138 with ReLU, 8 bins on [-5,
// 5], linear tails, a normal base.
constexpr Described kFlow{"coupling_flow", R"({"features": 12})"};
// One coupling of a few units.
constexpr Described kSmallFlow{
    "coupling_flow", R"({"features": 2, "layers": 1, "hidden": 8, "hidden_layers": 1, "bins": 4})"};
// The showers of CaloFlow's teacher (arXiv:2106.05285), given the incident energy.
constexpr Described kTeacher{"autoregressive_flow",
                             R"({"features": 504, "context_features": 1, "layers": 8, "hidden": 378,
                            "bins": 8, "degrees": "cyclic"})"};

// A velocity field 13-256-256-256-256-12 with SiLU (the last input is the time) and 25 steps of the
// classical Runge-Kutta method.
constexpr Described kContinuous{"continuous_flow",
                                R"({"features": 12, "hidden": 256, "hidden_layers": 4,
                               "activation": "silu", "solver": "rk4", "steps": 25})"};

// DCGAN, 64 base channels, batch normalisation in the generator; and the steps of its training: one
// of the critic with the gradient penalty (arXiv:1704.00028), then one of the generator.
constexpr Described kImages{
    "dcgan",
    R"({"shape": [32, 32], "cell_features": 3, "cells": "reals", "latent": 128,
                           "latent_distribution": "normal"})"};
constexpr char kWasserstein[] =
    R"({"adversarial_loss": "wasserstein", "regularisers": ["gradient_penalty"],
        "optimiser": "adam"})";

// Showers of 3 x 96, 12 x 12 and 12 x 6 cells by CaloGAN (arXiv:1712.10321), trained as by default:
// the non-saturating loss, with minibatch discrimination and the distance of the energies.
constexpr Described kShowers{"calogan", R"({"heights": [3, 12, 12], "widths": [96, 12, 6]})",
                             Kind::showers};
// EPiC-GAN as published (arXiv:2301.08128): 6 layers in the generator and 3 in the critic, 128
// wide, 10 global features, normalised weights; and its loss.
constexpr Described kClouds{"epic_gan", R"({"particles": 150})", Kind::clouds};
constexpr int64_t kParticleColumns = 4;  // of a row: three features and the mask
constexpr char kLeastSquares[] = R"({"adversarial_loss": "least_squares"})";

// Untrained, every spline is the identity. Weights of this size put numbers into all bins.
constexpr double kWeightScale = 0.1;

constexpr uint64_t kSeed = 1;
constexpr float kEnergy = 50;  // of the particles that make showers

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
  std::span<float> values() { return values_; }
  double total() const { return std::accumulate(values_.begin(), values_.end(), 0.0); }

 private:
  std::vector<float> values_;
  castalia_array view_;
};

// A model with random weights and, below, what the workloads do with it.
class ModelTask : public Task {
 public:
  ModelTask(const Described& model, int threads) : kind_(model.kind) {
    require(castalia_context_create(context_.out()));
    require(castalia_context_set_threads(context_, threads, threads));
    Config config;
    require(castalia_config_create(config.out()));
    require(castalia_config_set_json(config, model.fields));
    require(castalia_model_create(context_, model.architecture, config, model_.out()));
    require(castalia_model_shape(model_, &features_, &context_features_, &parameters_));
    if (kind_ == Kind::numbers) scatter_weights();
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
  // A few batches of events, and settings that keep none back for validation.
  void prepare_training(int64_t batch, int64_t steps, const char* fields, Dataset& data,
                        Config& training) {
    constexpr int64_t kBatches = 4;
    Events x(kBatches * batch, features_);
    draw(x);
    if (context_features_ > 0) {
      Events context(kBatches * batch, context_features_);
      draw_context(context);
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

  // Normal numbers; energies of cells that share a particle's; or clouds with all their particles.
  void draw(Events& x) {
    require(castalia_normal(kSeed, 0, 1, x.view()));
    if (kind_ == Kind::numbers) return;
    const float scale = kind_ == Kind::showers ? kEnergy / static_cast<float>(features_) : 1.0F;
    for (float& value : x.values()) value = scale * std::abs(value);
    if (kind_ == Kind::showers) return;
    for (size_t i = kParticleColumns - 1; i < x.values().size(); i += kParticleColumns) {
      x.values()[i] = 1;
    }
  }
  void draw_context(Events& context) {
    require(castalia_normal(kSeed, 0, 2, context.view()));
    if (kind_ != Kind::showers) return;
    for (float& value : context.values()) value = kEnergy + std::abs(value);
  }

  Context context_;
  Model model_;
  int64_t features_ = 0;
  int64_t context_features_ = 0;
  int64_t parameters_ = 0;

 private:
  static constexpr int64_t kFewEvents = 64;

  void scatter_weights() {
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

  Kind kind_;
};

class Sample final : public ModelTask {
 public:
  Sample(const Described& model, int64_t batch, int threads)
      : ModelTask(model, threads),
        batch_(batch),
        x_(batch, features_),
        condition_(batch, std::max<int64_t>(1, context_features_)) {
    draw_context(condition_);
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

class LogProb final : public ModelTask {
 public:
  LogProb(const Described& model, int64_t batch, int threads)
      : ModelTask(model, threads), x_(batch, features_), log_prob_(batch) {
    fit();
    draw(x_);
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
class Train final : public ModelTask {
 public:
  Train(const Described& model, const char* training_fields, int64_t batch, int threads)
      : ModelTask(model, threads) {
    constexpr int64_t kEndless = 1'000'000'000;
    Config training;
    prepare_training(batch, kEndless, training_fields, data_, training);
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

struct Workload {
  const char* name;
  const char* mode;
  const Described& model;
  const char* training = "{}";
};

constexpr Workload kWorkloads[] = {
    {"P1", "train", kFlow},
    {"P2", "sample", kFlow},
    {"P2", "log_prob", kFlow},
    {"P3", "sample", kTeacher},
    {"P5", "sample", kShowers},
    {"P5", "train", kShowers},
    {"P6", "train", kImages, kWasserstein},
    {"P8", "sample", kClouds},
    {"P8", "train", kClouds, kLeastSquares},
    {"P9", "sample", kContinuous},
    {"P14", "call", kSmallFlow},
};

}  // namespace

std::unique_ptr<Task> make_model_task(const Request& request, int threads) {
  for (const Workload& each : kWorkloads) {
    if (request.workload != each.name || request.mode != each.mode) continue;
    if (request.mode == "train") {
      return std::make_unique<Train>(each.model, each.training, request.batch, threads);
    }
    if (request.mode == "log_prob") {
      return std::make_unique<LogProb>(each.model, request.batch, threads);
    }
    return std::make_unique<Sample>(each.model, request.batch, threads);
  }
  throw std::invalid_argument("no workload " + request.workload + " " + request.mode);
}

void write_model(const std::string& workload, const std::string& path) {
  Sample flow(workload == "P14" ? kSmallFlow : kFlow, 1, 1);
  flow.save(path);
}

}  // namespace castalia::bench
