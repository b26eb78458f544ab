// The table of the settings of training.
#include <nlohmann/json.hpp>

#include "cpp/train/adversarial.h"
#include "cpp/train/option_names.h"
#include "cpp/train/options.h"

namespace castalia {
namespace {

constexpr double kMany = 1e15;

// The weight of one of the losses of a student.
Field distil_field(const std::string& what, const std::string& weight, const std::string& meaning) {
  return {.name = "distil_" + what,
          .type = FieldType::real,
          .default_value = weight,
          .meaning = "with a teacher: weight in the loss of " + meaning,
          .least = 0,
          .greatest = 1e6};
}

}  // namespace

const std::vector<std::string>& optimiser_names() {
  static const std::vector<std::string> names = {"adamw",   "adam",     "sgd",  "rmsprop",
                                                 "adagrad", "adadelta", "lion", "lbfgs"};
  return names;
}

const std::vector<std::string>& schedule_names() {
  static const std::vector<std::string> names = {"constant",    "step",       "multi_step",
                                                 "exponential", "cosine",     "cosine_restarts",
                                                 "one_cycle",   "polynomial", "reduce_on_plateau"};
  return names;
}

const std::vector<std::string>& objective_names() {
  static const std::vector<std::string> names = {"likelihood", "reverse_kl",   "forward_kl",
                                                 "variance",   "symmetric_kl", "classifier"};
  return names;
}

const std::vector<std::string>& estimator_names() {
  static const std::vector<std::string> names = {"automatic", "path", "total", "score"};
  return names;
}

std::span<const Field> training_fields() {
  using enum FieldType;
  static const std::vector<Field> fields = {
      {.name = "steps",
       .type = integer,
       .default_value = "0",
       .meaning = "optimiser steps; 0: as many as `epochs` asks for; without events they must be "
                  "given, and an epoch is a twentieth of them",
       .least = 0,
       .greatest = kMany},
      {.name = "epochs",
       .type = integer,
       .default_value = "20",
       .meaning = "passes over the training events, when steps is 0",
       .least = 1,
       .greatest = kMany},
      {.name = "batch",
       .type = integer,
       .default_value = "1024",
       .meaning = "events whose gradient is computed at once",
       .least = 1,
       .greatest = 1 << 24},
      {.name = "accumulate",
       .type = integer,
       .default_value = "1",
       .meaning = "batches in a step: their gradients are added up in the memory of one",
       .least = 1,
       .greatest = 1 << 24},
      {.name = "objective",
       .type = text,
       .default_value = R"("likelihood")",
       .meaning =
           "what is made small: likelihood, the model's own loss of the events; of its draws from "
           "a target: reverse_kl, forward_kl (arXiv 2001.05486), variance of the weights "
           "(2212.06172); symmetric_kl, of both; classifier, likelihood with the events weighted "
           "by how a classifier tells them from draws (2110.13632)",
       .choices = objective_names()},
      {.name = "estimator",
       .type = text,
       .default_value = R"("automatic")",
       .meaning =
           "gradient of the reverse divergence: path (arXiv 2207.08219) and total go through the "
           "draws and need the target's gradient, score (2010.10436) needs neither; automatic: "
           "total where it can be had, else score",
       .choices = estimator_names()},
      {.name = "likelihood_share",
       .type = real,
       .default_value = "0.5",
       .meaning = "share of the events' likelihood in symmetric_kl; the rest is reverse_kl",
       .least = 0,
       .greatest = 1},
      {.name = "classifier_power",
       .type = real,
       .default_value = "1",
       .meaning = "power of the classifier's weights of the events",
       .least = -4,
       .greatest = 4},
      {.name = "classifier_hidden",
       .type = integer,
       .default_value = "64",
       .meaning = "units in each hidden layer of the classifier",
       .least = 1,
       .greatest = 65536},
      {.name = "classifier_layers",
       .type = integer,
       .default_value = "3",
       .meaning = "hidden layers of the classifier",
       .least = 0,
       .greatest = 64},
      {.name = "optimiser",
       .type = text,
       .default_value = R"("adamw")",
       .meaning =
           "adamw (arXiv 1711.05101), adam (1412.6980), sgd, rmsprop, adagrad, adadelta "
           "(1212.5701), lion (2302.06675), or lbfgs with a line search, for one large batch",
       .choices = optimiser_names()},
      {.name = "learning_rate",
       .type = real,
       .default_value = "1e-3",
       .meaning = "highest learning rate",
       .least = 0,
       .greatest = 1e3},
      {.name = "group_patterns",
       .type = text_list,
       .default_value = "[]",
       .meaning =
           "groups of parameters with learning rates or weight decays of their own, by name: * "
           "stands for any text, ? for one character; the first pattern that fits counts"},
      {.name = "group_rates",
       .type = real_list,
       .default_value = "[]",
       .meaning =
           "for each of group_patterns what the learning rate is multiplied by; 0: weights stay",
       .least = 0,
       .greatest = 1e6},
      {.name = "group_decays",
       .type = real_list,
       .default_value = "[]",
       .meaning =
           "for each of group_patterns what weight_decay is multiplied by; 0: these do not decay",
       .least = 0,
       .greatest = 1e6},
      {.name = "schedule",
       .type = text,
       .default_value = R"("cosine")",
       .meaning = "how the learning rate changes over the run (cosine_restarts: arXiv 1608.03983, "
                  "one_cycle: 1708.07120)",
       .choices = schedule_names()},
      {.name = "final_fraction",
       .type = real,
       .default_value = "1e-3",
       .meaning =
           "learning rate at the end (cosine, one_cycle, polynomial), at the end of each cycle "
           "(cosine_restarts) or at the least (reduce_on_plateau), as a fraction of the highest",
       .least = 0,
       .greatest = 1},
      {.name = "warmup",
       .type = integer,
       .default_value = "0",
       .meaning = "steps over which the learning rate first rises from zero, with any schedule",
       .least = 0,
       .greatest = kMany},
      {.name = "decay_factor",
       .type = real,
       .default_value = "0.1",
       .meaning = "what step, multi_step, exponential and reduce_on_plateau multiply the rate by",
       .least = 1e-12,
       .greatest = 1},
      {.name = "decay_every",
       .type = integer,
       .default_value = "0",
       .meaning = "steps in which step and exponential decay by decay_factor; 0: an epoch",
       .least = 0,
       .greatest = kMany},
      {.name = "milestones",
       .type = integer_list,
       .default_value = "[]",
       .meaning = "steps at which multi_step decays, increasing",
       .least = 1,
       .greatest = kMany},
      {.name = "cycle",
       .type = integer,
       .default_value = "0",
       .meaning = "steps of the first cycle of cosine_restarts; 0: an epoch",
       .least = 0,
       .greatest = kMany},
      {.name = "cycle_growth",
       .type = real,
       .default_value = "1",
       .meaning = "how many times longer each cycle is than the one before",
       .least = 1,
       .greatest = 100},
      {.name = "power",
       .type = real,
       .default_value = "1",
       .meaning = "power of polynomial; 1: linear",
       .least = 0.01,
       .greatest = 100},
      {.name = "plateau_patience",
       .type = integer,
       .default_value = "5",
       .meaning = "validations without a better loss after which reduce_on_plateau decays",
       .least = 1,
       .greatest = kMany},
      {.name = "plateau_threshold",
       .type = real,
       .default_value = "1e-4",
       .meaning = "a better loss is lower by this fraction of the best",
       .least = 0,
       .greatest = 1},
      {.name = "plateau_cooldown",
       .type = integer,
       .default_value = "0",
       .meaning = "validations after a decay that reduce_on_plateau does not count",
       .least = 0,
       .greatest = kMany},
      {.name = "momentum",
       .type = real,
       .default_value = "0",
       .meaning = "momentum of sgd and rmsprop",
       .least = 0,
       .greatest = 0.999999},
      {.name = "nesterov",
       .type = boolean,
       .default_value = "false",
       .meaning = "sgd looks ahead along its momentum (Nesterov)"},
      {.name = "beta1",
       .type = real,
       .default_value = "0.9",
       .meaning =
           "decay of the first moment (adamw, adam); weight of the momentum in lion's direction",
       .least = 0,
       .greatest = 0.999999},
      {.name = "beta2",
       .type = real,
       .default_value = "0.999",
       .meaning =
           "decay of the second moment (adamw, adam, rmsprop, adadelta) or of lion's momentum; "
           "usual for rmsprop and lion 0.99, for adadelta 0.9",
       .least = 0,
       .greatest = 0.9999999},
      {.name = "epsilon",
       .type = real,
       .default_value = "1e-8",
       .meaning =
           "added to the root of the second moment, by adadelta under the root; usual there 1e-6",
       .least = 0,
       .greatest = 1},
      {.name = "weight_decay",
       .type = real,
       .default_value = "0",
       .meaning =
           "adamw and lion: decoupled weight decay (arXiv 1711.05101); others: times the weights "
           "added to the gradient",
       .least = 0,
       .greatest = 1e3},
      {.name = "clip_norm",
       .type = real,
       .default_value = "0",
       .meaning = "the gradient's norm is cut to this; 0: not cut",
       .least = 0,
       .greatest = 1e30},
      {.name = "lbfgs_history",
       .type = integer,
       .default_value = "10",
       .meaning = "steps that lbfgs remembers; each takes two times the weights in float64",
       .least = 1,
       .greatest = 1000},
      {.name = "ema",
       .type = real,
       .default_value = "0",
       .meaning = "decay of the running mean of the weights that the model gets; 0: the weights "
                  "themselves",
       .least = 0,
       .greatest = 0.9999999},
      {.name = "validation",
       .type = real,
       .default_value = "0.1",
       .meaning =
           "fraction of the events held out to judge the weights by, by the model's own loss (an "
           "adversarial model: by judge)",
       .least = 0,
       .greatest = 0.9},
      {.name = "validate_every",
       .type = integer,
       .default_value = "0",
       .meaning = "steps between validations; 0: once an epoch",
       .least = 0,
       .greatest = kMany},
      {.name = "patience",
       .type = integer,
       .default_value = "0",
       .meaning = "validations without a better loss after which training stops; 0: never",
       .least = 0,
       .greatest = kMany},
      {.name = "adversarial_loss",
       .type = text,
       .default_value = R"("non_saturating")",
       .meaning = "of an adversarial model: what generator and critic minimise; castalia "
                  "adversarial lists them",
       .choices = adversarial_loss_names()},
      {.name = "critic_steps",
       .type = integer,
       .default_value = "1",
       .meaning = "of an adversarial model: steps of the critic, each on events of its own, in a "
                  "step; then the generator takes one",
       .least = 1,
       .greatest = 1000},
      {.name = "critic_rate",
       .type = real,
       .default_value = "1",
       .meaning = "of an adversarial model: the critic's learning rate over learning_rate (arXiv "
                  "1706.08500)",
       .least = 0,
       .greatest = 1e6},
      {.name = "regularisers",
       .type = text_list,
       .default_value = "[]",
       .meaning = "of an adversarial model: terms in the loss of the critic, any of those that "
                  "castalia adversarial lists",
       .choices = regulariser_names()},
      {.name = "regulariser_weights",
       .type = real_list,
       .default_value = "[]",
       .meaning = "one weight for each of regularisers; empty: the usual ones",
       .least = 0,
       .greatest = 1e9},
      {.name = "critic_clip",
       .type = real,
       .default_value = "0",
       .meaning = "of an adversarial model: the critic's weights are cut to +- this after each of "
                  "its steps (arXiv 1701.07875); 0: not cut",
       .least = 0,
       .greatest = 1e6},
      {.name = "judge",
       .type = text,
       .default_value = R"("energy_distance")",
       .meaning = "of an adversarial model: the metric of the referee between generated events and "
                  "those held out, columns standardised, by which the weights are judged; "
                  "energy_distance(jets): of a set of observables"},
      {.name = "judge_events",
       .type = integer,
       .default_value = "2000",
       .meaning = "of an adversarial model: events generated for a judgement, and as many held out "
                  "at most",
       .least = 2,
       .greatest = 1 << 24},
      {.name = "seed",
       .type = integer,
       .default_value = "0",
       .meaning = "seed of the validation split and the order of events",
       .least = 0,
       .greatest = 9007199254740992.0},
      {.name = "checkpoint",
       .type = text,
       .default_value = R"("")",
       .meaning = "file that holds the state of training; a run goes on from it; empty: none"},
      {.name = "checkpoint_every",
       .type = integer,
       .default_value = "500",
       .meaning = "steps between checkpoints",
       .least = 1,
       .greatest = kMany},
      {.name = "resume",
       .type = boolean,
       .default_value = "true",
       .meaning = "go on from the checkpoint file where there is one"},
      {.name = "teacher",
       .type = text,
       .default_value = R"("")",
       .meaning = "model file of a trained masked flow (direction 'forward') that teaches this "
                  "inverse one (direction 'inverse'), which takes over its preprocessing; empty: "
                  "the model learns from the data alone"},
      distil_field(
          "data", "1",
          "squared errors of what the student makes of the teacher's latent variables of an "
          "event"),
      distil_field("latent", "1",
                   "squared errors of what the teacher makes of the student's events of latent "
                   "variables"),
      distil_field("layers", "1", "squared differences of the variables between the layers"),
      distil_field("parameters", "0",
                   "squared differences of the parameters of the transformers (an "
                   "autoregressive_flow has to be 'inverted' for that)"),
      distil_field("density", "0",
                   "log(q / p), q the density of the student, p that of the teacher, at the "
                   "student's events"),
  };
  return fields;
}

std::string training_fields_json() {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Field& field : training_fields()) list.push_back(describe(field));
  return list.dump(2);
}

}  // namespace castalia
