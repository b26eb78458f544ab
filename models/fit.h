// Training of a model, and its weights towards a target.
#ifndef CASTALIA_MODELS_FIT_H_
#define CASTALIA_MODELS_FIT_H_

#include <cstdint>
#include <memory>
#include <span>

#include "cpp/prob/importance.h"
#include "cpp/prob/target.h"
#include "cpp/train/trainer.h"
#include "models/model.h"

namespace castalia {

// A trainer with a network and weights of its own: the model changes only when it adopts the
// result. A model that was trained before goes on from its weights and keeps its preprocessing.
// The file training.teacher is read and makes another loss (models/flow/distillation.h). `data` and
// `target` as Trainer. threads 0: all cores. Errors as Trainer, Model::load() and
// make_distillation().
std::unique_ptr<Trainer> make_trainer(const Model& model, std::shared_ptr<const Dataset> data,
                                      const TrainingOptions& options, Resources resources,
                                      std::shared_ptr<Target> target = nullptr);

// Puts the trainer's best weights and preprocessing into the model, which the caller holds.
void adopt(Model& model, const Trainer& trainer);

// Draws events first_event, ... of the sample that `seed` names, as many rows as x has room for,
// and writes the logarithms of their weights, target / density of the model, into log_weights
// (rows): minus infinity where the target is zero. `context` as for Model::sample. Errors: those of
// Model::sample, Model::log_prob and evaluate_target; shape_mismatch.
ImportanceSums weigh(const Model& model, Target& target, uint64_t seed, uint64_t first_event,
                     std::span<const double> context, std::span<double> x,
                     std::span<double> log_weights, Resources resources);

}  // namespace castalia

#endif  // CASTALIA_MODELS_FIT_H_
