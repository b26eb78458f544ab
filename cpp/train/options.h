// The settings of a training run.
#ifndef CASTALIA_CPP_TRAIN_OPTIONS_H_
#define CASTALIA_CPP_TRAIN_OPTIONS_H_

#include <cstdint>
#include <span>
#include <string>

#include "cpp/base/fields.h"

namespace castalia {

// The table of fields, for the catalogue and for error texts.
std::span<const Field> training_fields();
std::string training_fields_json();

enum class Schedule { constant, cosine, one_cycle };

struct TrainingOptions {
  // From a JSON object; empty text for the defaults. Errors as FieldValues.
  explicit TrainingOptions(const std::string& json);

  int64_t steps;  // 0: epochs decides
  int64_t epochs;
  int64_t batch;
  double learning_rate;
  Schedule schedule;
  double final_fraction;
  int64_t warmup;
  double beta1;
  double beta2;
  double epsilon;
  double weight_decay;
  double clip_norm;
  double ema;
  double validation;
  int64_t validate_every;
  int64_t patience;
  uint64_t seed;
  std::string checkpoint;
  int64_t checkpoint_every;
  bool resume;
  std::string json;  // all of it, canonical: a checkpoint fits no other run

  // The learning rate of a step (from 0) of a run of `steps` steps.
  double learning_rate_at(int64_t step, int64_t steps) const;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_TRAIN_OPTIONS_H_
