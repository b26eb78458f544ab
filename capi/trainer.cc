// Training.
#include <chrono>
#include <limits>
#include <string>

#include "capi/call.h"
#include "capi/objects.h"

namespace castalia::capi {
namespace {

// A progress callback comes no more often than this, and at the last step.
constexpr std::chrono::milliseconds kProgressInterval{50};

}  // namespace

TrainerObject::TrainerObject(std::shared_ptr<ModelObject> of, std::shared_ptr<const Dataset> data,
                             const std::string& training, std::shared_ptr<Target> target)
    : model(std::move(of)) {
  const TrainingOptions options(training);
  hold = std::make_unique<Model::Hold>(*model->model);
  trainer = make_trainer(*model->model, std::move(data), options, model->context->for_training(),
                         std::move(target));
}

void TrainerObject::finish() {
  if (!hold) fail(Code::invalid_argument, "the trainer is finished");
  adopt(*model->model, *trainer);
  hold.reset();
}

namespace {

// The trainer of a handle, for one call.
struct Use {
  explicit Use(castalia_trainer* handle)
      : object(from_handle<TrainerObject>(handle)), exclusive(object->busy, Kind::trainer) {}
  Trainer& live() const {
    if (!object->hold) fail(Code::invalid_argument, "the trainer is finished");
    return *object->trainer;
  }

  std::shared_ptr<TrainerObject> object;
  Exclusive exclusive;
};

// Trains to the end and puts the result into the model.
void run_to_the_end(TrainerObject& run, castalia_progress_callback progress, void* user) {
  Trainer& trainer = *run.trainer;
  auto last = std::chrono::steady_clock::now();
  double loss = 0;
  int64_t count = 0;
  while (!trainer.finished()) {
    trainer.advance(1);
    loss += trainer.loss();
    ++count;
    const auto now = std::chrono::steady_clock::now();
    if (progress == nullptr || (now - last < kProgressInterval && !trainer.finished())) continue;
    last = now;
    if (progress(trainer.step(), trainer.steps(), loss / static_cast<double>(count),
                 trainer.validation_loss(), user) != 0) {
      fail(Code::cancelled, "cancelled by the progress callback at step ", trainer.step());
    }
    loss = 0;
    count = 0;
  }
  run.finish();
}

// NULL where there are no events.
std::shared_ptr<const Dataset> events_of(castalia_dataset* dataset) {
  return dataset == nullptr ? nullptr : from_handle<DatasetObject>(dataset)->data;
}

}  // namespace

extern "C" {

CASTALIA_API castalia_status castalia_model_fit(castalia_model* model, castalia_dataset* dataset,
                                                castalia_config* training,
                                                castalia_progress_callback progress, void* user) {
  return call([&] {
    TrainerObject run(from_handle<ModelObject>(model), from_handle<DatasetObject>(dataset)->data,
                      config_json(training));
    run_to_the_end(run, progress, user);
  });
}

CASTALIA_API castalia_status castalia_model_fit_target(
    castalia_model* model, castalia_target* target, castalia_dataset* dataset,
    castalia_config* training, castalia_progress_callback progress, void* user) {
  return call([&] {
    TrainerObject run(from_handle<ModelObject>(model), events_of(dataset), config_json(training),
                      from_handle<TargetObject>(target)->target);
    run_to_the_end(run, progress, user);
  });
}

CASTALIA_API castalia_status castalia_trainer_create_target(castalia_model* model,
                                                            castalia_target* target,
                                                            castalia_dataset* dataset,
                                                            castalia_config* training,
                                                            castalia_trainer** out) {
  return call_making(out, [&] {
    return to_handle(std::make_shared<TrainerObject>(from_handle<ModelObject>(model),
                                                     events_of(dataset), config_json(training),
                                                     from_handle<TargetObject>(target)->target));
  });
}

CASTALIA_API castalia_status castalia_trainer_create(castalia_model* model,
                                                     castalia_dataset* dataset,
                                                     castalia_config* training,
                                                     castalia_trainer** out) {
  return call_making(out, [&] {
    return to_handle(std::make_shared<TrainerObject>(from_handle<ModelObject>(model),
                                                     from_handle<DatasetObject>(dataset)->data,
                                                     config_json(training)));
  });
}
CASTALIA_API castalia_status castalia_trainer_retain(castalia_trainer* trainer) {
  return call([&] { handle_retain(Kind::trainer, reinterpret_cast<uintptr_t>(trainer)); });
}
CASTALIA_API castalia_status castalia_trainer_destroy(castalia_trainer* trainer) {
  return call([&] { handle_destroy(Kind::trainer, reinterpret_cast<uintptr_t>(trainer)); });
}

CASTALIA_API castalia_status castalia_trainer_advance(castalia_trainer* trainer, int64_t steps) {
  return call([&] {
    if (steps < 0) fail(Code::out_of_range, "steps is ", steps, "; allowed: 0 or more");
    Use(trainer).live().advance(steps);
  });
}

CASTALIA_API castalia_status castalia_trainer_status(castalia_trainer* handle, int64_t* step,
                                                     int64_t* steps, double* loss,
                                                     double* validation_loss, int32_t* finished) {
  return call([&] {
    const Use use(handle);
    const Trainer& trainer = *use.object->trainer;
    if (step != nullptr) *step = trainer.step();
    if (steps != nullptr) *steps = trainer.steps();
    if (loss != nullptr) *loss = trainer.loss();
    if (validation_loss != nullptr) *validation_loss = trainer.validation_loss();
    if (finished != nullptr) *finished = trainer.finished() ? 1 : 0;
  });
}

CASTALIA_API castalia_status castalia_trainer_checkpoint(castalia_trainer* trainer,
                                                         const char* path) {
  return call([&] { Use(trainer).live().save_checkpoint(&required(path, "path")); });
}

CASTALIA_API castalia_status castalia_trainer_history(castalia_trainer* trainer,
                                                      const char** json) {
  return call([&] { required(json, "json") = lend(Use(trainer).object->trainer->history_json()); });
}

CASTALIA_API castalia_status castalia_trainer_finish(castalia_trainer* trainer) {
  return call([&] { Use(trainer).object->finish(); });
}

}  // extern "C"

}  // namespace castalia::capi
