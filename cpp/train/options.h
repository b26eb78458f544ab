// The settings of a training run.
#ifndef CASTALIA_CPP_TRAIN_OPTIONS_H_
#define CASTALIA_CPP_TRAIN_OPTIONS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/base/fields.h"

namespace castalia {

// The table of fields, for the catalogue and for error texts.
std::span<const Field> training_fields();
std::string training_fields_json();

enum class OptimiserKind { adamw, adam, sgd, rmsprop, adagrad, adadelta, lion, lbfgs };

enum class Schedule {
  constant,
  step,
  multi_step,
  exponential,
  cosine,
  cosine_restarts,
  one_cycle,
  polynomial,
  reduce_on_plateau
};

enum class Objective { likelihood, reverse_kl, forward_kl, variance, symmetric_kl, classifier };

// How the gradient of the reverse divergence is taken.
enum class Estimator { automatic, path, total, score };

// The fields mean what training_fields() says.
struct TrainingOptions {
  // From a JSON object; empty text for the defaults. Errors as FieldValues, and invalid_argument
  // for fields that do not go together: one that the chosen optimiser or schedule does not use
  // included.
  explicit TrainingOptions(const std::string& json);

  int64_t steps;  // 0: epochs decides
  int64_t epochs;
  int64_t batch;
  int64_t accumulate;
  Objective objective;
  std::string objective_name;
  Estimator estimator;
  std::string estimator_name;
  double likelihood_share;
  double classifier_power;
  int64_t classifier_hidden;
  int64_t classifier_layers;
  OptimiserKind optimiser;
  double learning_rate;
  std::vector<std::string> group_patterns;
  std::vector<double> group_rates;   // as many as patterns, or none
  std::vector<double> group_decays;  // as many as patterns, or none
  Schedule schedule;
  double final_fraction;
  int64_t warmup;
  double decay_factor;
  int64_t decay_every;  // 0: an epoch
  std::vector<int64_t> milestones;
  int64_t cycle;
  double cycle_growth;
  double power;
  int64_t plateau_patience;
  double plateau_threshold;
  int64_t plateau_cooldown;
  double momentum;
  bool nesterov;
  double beta1;
  double beta2;
  double epsilon;
  double weight_decay;
  double clip_norm;
  int64_t lbfgs_history;
  double ema;
  std::string adversarial_loss;
  int64_t critic_steps;
  double critic_rate;
  std::vector<std::string> regularisers;
  std::vector<double> regulariser_weights;  // as many
  double critic_clip;                       // 0: none
  std::string judge;
  int64_t judge_events;
  double validation;
  int64_t validate_every;
  int64_t patience;
  uint64_t seed;
  std::string checkpoint;
  int64_t checkpoint_every;
  bool resume;
  std::string teacher;  // empty: the model learns from the data alone
  double distil_data;
  double distil_latent;
  double distil_layers;
  double distil_parameters;
  double distil_density;
  std::string json;  // all of it, canonical: a checkpoint fits no other run
};

}  // namespace castalia

#endif  // CASTALIA_CPP_TRAIN_OPTIONS_H_
