// Training of a model.
#ifndef CASTALIA_MODELS_FIT_H_
#define CASTALIA_MODELS_FIT_H_

#include <memory>

#include "cpp/train/trainer.h"
#include "models/model.h"

namespace castalia {

// A trainer with a network and weights of its own: the model changes only when it adopts the
// result. A model that was trained before goes on from its weights and keeps its preprocessing.
// The file training.teacher is read and makes another loss (models/flow/distillation.h). threads 0:
// all cores. Errors as Trainer, Model::load() and make_distillation().
std::unique_ptr<Trainer> make_trainer(const Model& model, std::shared_ptr<const Dataset> data,
                                      const TrainingOptions& options, int threads);

// Puts the trainer's best weights and preprocessing into the model, which the caller holds.
void adopt(Model& model, const Trainer& trainer);

}  // namespace castalia

#endif  // CASTALIA_MODELS_FIT_H_
