// The objects behind the handles.
#ifndef CASTALIA_CAPI_OBJECTS_H_
#define CASTALIA_CAPI_OBJECTS_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "capi/castalia.h"
#include "capi/handles.h"
#include "cpp/prob/target.h"
#include "cpp/train/dataset.h"
#include "cpp/train/trainer.h"
#include "models/fit.h"
#include "models/local_surrogate.h"
#include "models/model.h"

namespace castalia::capi {

// One call at a time: a second finds the object busy.
class Exclusive {
 public:
  Exclusive(std::atomic<bool>& busy, Kind kind) : busy_(busy) {
    if (busy_.exchange(true, std::memory_order_acquire)) {
      fail(Code::busy, "the ", name(kind), " is in use by another call");
    }
  }
  ~Exclusive() { busy_.store(false, std::memory_order_release); }
  Exclusive(const Exclusive&) = delete;
  Exclusive& operator=(const Exclusive&) = delete;

 private:
  std::atomic<bool>& busy_;
};

struct Context {
  using Handle = castalia_context;
  static constexpr Kind kKind = Kind::context;

  std::atomic<const std::vector<const Device*>*> devices{nullptr};  // null or none: the host
  std::atomic<int> sampling_threads{1};
  std::atomic<int> training_threads{0};  // all cores

  // The device that computes, or the first of them; null: the host.
  const Device* device() const {
    const std::vector<const Device*>* chosen = devices;
    return chosen == nullptr || chosen->empty() ? nullptr : chosen->front();
  }
  Resources for_sampling() const {
    const std::vector<const Device*>* chosen = devices;
    if (chosen == nullptr || chosen->empty()) return {sampling_threads};
    return {sampling_threads, chosen->front(), *chosen};
  }
  Resources for_training() const { return {training_threads, device()}; }

  void set_log(castalia_log_callback callback, void* user);
  bool has_log();
  // Error (callback_failed) when the callback returns other than 0.
  void log(int level, const std::string& message);
  static constexpr int kWarning = 2;

 private:
  std::mutex mutex_;
  castalia_log_callback callback_ = nullptr;
  void* user_ = nullptr;
};

// The context of a handle; a default one for null.
std::shared_ptr<Context> context_of(castalia_context* handle);

struct Config {
  using Handle = castalia_config;
  static constexpr Kind kKind = Kind::config;

  nlohmann::json values = nlohmann::json::object();
  std::atomic<bool> busy{false};
};

// The JSON text of a configuration; empty for null.
std::string config_json(castalia_config* handle);

struct DatasetObject {
  using Handle = castalia_dataset;
  static constexpr Kind kKind = Kind::dataset;

  std::shared_ptr<const Dataset> data;
  std::string description;  // JSON of its columns; empty when nothing is known of them
};

struct ModelObject {
  using Handle = castalia_model;
  static constexpr Kind kKind = Kind::model;

  // Before events are drawn: logs a warning where their condition lies outside the training's. An
  // array on a device is not looked at.
  void warn_outside_training(std::span<const double> condition) const;

  std::shared_ptr<Context> context;
  std::shared_ptr<Model> model;
};

struct SamplerObject {
  using Handle = castalia_sampler;
  static constexpr Kind kKind = Kind::sampler;

  SamplerObject(std::shared_ptr<ModelObject> from, uint64_t seed)
      : model(std::move(from)), sampler(model->model, seed, model->context->for_sampling()) {}

  std::shared_ptr<ModelObject> model;
  Sampler sampler;
  std::atomic<bool> busy{false};
};

struct TargetObject {
  using Handle = castalia_target;
  static constexpr Kind kKind = Kind::target;

  std::shared_ptr<Target> target;
  std::string description;  // JSON
};

struct SurrogateObject {
  using Handle = castalia_surrogate;
  static constexpr Kind kKind = Kind::surrogate;

  SurrogateObject(LocalSurrogate::Setting setting, const std::string& options)
      : surrogate(std::move(setting), options) {}

  LocalSurrogate surrogate;
  std::atomic<bool> busy{false};
};

struct TrainerObject {
  using Handle = castalia_trainer;
  static constexpr Kind kKind = Kind::trainer;

  TrainerObject(std::shared_ptr<ModelObject> of, std::shared_ptr<const Dataset> data,
                const std::string& training, std::shared_ptr<Target> target = nullptr);

  // Puts the result into the model and lets go of it.
  void finish();

  std::shared_ptr<ModelObject> model;
  std::unique_ptr<Model::Hold> hold;  // null when finished
  std::unique_ptr<Trainer> trainer;
  std::atomic<bool> busy{false};
};

}  // namespace castalia::capi

#endif  // CASTALIA_CAPI_OBJECTS_H_
