#include "cpp/train/options.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/base/text.h"

namespace castalia {
namespace {

constexpr double kMany = 1e15;

// In the order of the enumerations.
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

template <typename Kind>
Kind kind_of(const std::vector<std::string>& names, const std::string& name) {
  return static_cast<Kind>(std::find(names.begin(), names.end(), name) - names.begin());
}

// What reads a field: optimisers or schedules by name. The fields that are not listed serve all.
struct Readers {
  const char* field;
  std::vector<std::string> names;
};

const std::vector<Readers>& read_by_optimisers() {
  static const std::vector<Readers> table = [] {
    const std::vector<std::string>& all = optimiser_names();
    const std::vector<std::string> but_lbfgs(all.begin(), all.end() - 1);
    std::vector<Readers> rows = {
        {"momentum", {"sgd", "rmsprop"}},
        {"nesterov", {"sgd"}},
        {"beta1", {"adamw", "adam", "lion"}},
        {"beta2", {"adamw", "adam", "rmsprop", "adadelta", "lion"}},
        {"epsilon", {"adamw", "adam", "rmsprop", "adagrad", "adadelta"}},
        {"lbfgs_history", {"lbfgs"}},
    };
    for (const char* field :
         {"learning_rate", "schedule", "warmup", "final_fraction", "weight_decay", "clip_norm",
          "group_patterns", "group_rates", "group_decays"}) {
      rows.push_back({field, but_lbfgs});
    }
    return rows;
  }();
  return table;
}

const std::vector<Readers>& read_by_schedules() {
  static const std::vector<Readers> table = {
      {"decay_factor", {"step", "multi_step", "exponential", "reduce_on_plateau"}},
      {"decay_every", {"step", "exponential"}},
      {"milestones", {"multi_step"}},
      {"cycle", {"cosine_restarts"}},
      {"cycle_growth", {"cosine_restarts"}},
      {"power", {"polynomial"}},
      {"plateau_patience", {"reduce_on_plateau"}},
      {"plateau_threshold", {"reduce_on_plateau"}},
      {"plateau_cooldown", {"reduce_on_plateau"}},
  };
  return table;
}

const std::vector<Readers>& read_by_objectives() {
  const auto judged = [](const char* field) {
    return Readers{field, {"likelihood", "symmetric_kl", "classifier"}};
  };
  static const std::vector<Readers> table = {
      {"estimator", {"reverse_kl", "symmetric_kl"}},
      {"likelihood_share", {"symmetric_kl"}},
      {"classifier_power", {"classifier"}},
      {"classifier_hidden", {"classifier"}},
      {"classifier_layers", {"classifier"}},
      judged("validation"),
      judged("patience"),
  };
  return table;
}

// A field that was set to something and that nothing reads is a mistake of the user's.
void expect_read(const std::string& chosen, const char* what, const std::vector<Readers>& table,
                 const nlohmann::json& values, const nlohmann::json& defaults) {
  for (const Readers& row : table) {
    const bool read = std::find(row.names.begin(), row.names.end(), chosen) != row.names.end();
    if (read || values[row.field] == defaults[row.field]) continue;
    fail(Code::invalid_argument, "training.", row.field, " has no effect with training.", what,
         " = '", chosen, "'; it is for ", join(row.names));
  }
}

// The weight of one of the losses of a student.
Field distil_field(const std::string& what, const std::string& weight, const std::string& meaning) {
  return {.name = "distil_" + what,
          .type = FieldType::real,
          .default_value = weight,
          .meaning = "with a teacher: weight in the loss of " + meaning,
          .least = 0,
          .greatest = 1e6};
}

void expect_a_teacher(const TrainingOptions& options, const nlohmann::json& given,
                      const nlohmann::json& defaults) {
  double weights = 0;
  for (const char* field :
       {"distil_data", "distil_latent", "distil_layers", "distil_parameters", "distil_density"}) {
    weights += given.at(field).get<double>();
    if (!options.teacher.empty() || given.at(field) == defaults.at(field)) continue;
    fail(Code::invalid_argument, "training.", field, " is set, but there is no training.teacher");
  }
  if (weights > 0) return;
  fail(Code::invalid_argument,
       "training.distil_data, distil_latent, ... are all 0: there is "
       "nothing to learn from training.teacher");
}

}  // namespace

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
           "fraction of the events held out to judge the weights by, by the model's own loss",
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

TrainingOptions::TrainingOptions(const std::string& text) {
  const FieldValues values("training", training_fields(), text);
  steps = values.integer("steps");
  epochs = values.integer("epochs");
  batch = values.integer("batch");
  accumulate = values.integer("accumulate");
  objective_name = values.text("objective");
  objective = kind_of<Objective>(objective_names(), objective_name);
  estimator_name = values.text("estimator");
  estimator = kind_of<Estimator>(estimator_names(), estimator_name);
  likelihood_share = values.real("likelihood_share");
  classifier_power = values.real("classifier_power");
  classifier_hidden = values.integer("classifier_hidden");
  classifier_layers = values.integer("classifier_layers");
  optimiser = kind_of<OptimiserKind>(optimiser_names(), values.text("optimiser"));
  learning_rate = values.real("learning_rate");
  group_patterns = values.texts("group_patterns");
  group_rates = values.reals("group_rates");
  group_decays = values.reals("group_decays");
  schedule = kind_of<Schedule>(schedule_names(), values.text("schedule"));
  final_fraction = values.real("final_fraction");
  warmup = values.integer("warmup");
  decay_factor = values.real("decay_factor");
  decay_every = values.integer("decay_every");
  milestones = values.integers("milestones");
  cycle = values.integer("cycle");
  cycle_growth = values.real("cycle_growth");
  power = values.real("power");
  plateau_patience = values.integer("plateau_patience");
  plateau_threshold = values.real("plateau_threshold");
  plateau_cooldown = values.integer("plateau_cooldown");
  momentum = values.real("momentum");
  nesterov = values.boolean("nesterov");
  beta1 = values.real("beta1");
  beta2 = values.real("beta2");
  epsilon = values.real("epsilon");
  weight_decay = values.real("weight_decay");
  clip_norm = values.real("clip_norm");
  lbfgs_history = values.integer("lbfgs_history");
  ema = values.real("ema");
  validation = values.real("validation");
  validate_every = values.integer("validate_every");
  patience = values.integer("patience");
  seed = static_cast<uint64_t>(values.integer("seed"));
  checkpoint = values.text("checkpoint");
  checkpoint_every = values.integer("checkpoint_every");
  resume = values.boolean("resume");
  teacher = values.text("teacher");
  distil_data = values.real("distil_data");
  distil_latent = values.real("distil_latent");
  distil_layers = values.real("distil_layers");
  distil_parameters = values.real("distil_parameters");
  distil_density = values.real("distil_density");
  json = values.json();

  const nlohmann::json all = nlohmann::json::parse(json);
  const nlohmann::json defaults =
      nlohmann::json::parse(FieldValues("training", training_fields(), "").json());
  expect_read(values.text("optimiser"), "optimiser", read_by_optimisers(), all, defaults);
  expect_read(values.text("schedule"), "schedule", read_by_schedules(), all, defaults);
  expect_read(objective_name, "objective", read_by_objectives(), all, defaults);
  if (objective != Objective::likelihood && optimiser == OptimiserKind::lbfgs) {
    fail(Code::invalid_argument,
         "training.optimiser = 'lbfgs' compares losses of the same batch, "
         "but with training.objective = '",
         objective_name, "' they are of draws");
  }
  expect_a_teacher(*this, all, defaults);
  if (!teacher.empty() && objective != Objective::likelihood) {
    fail(Code::invalid_argument,
         "training.teacher has a loss of its own: it does not go with "
         "training.objective = '",
         objective_name, "'");
  }
  if (patience > 0 && validation == 0) {
    fail(Code::invalid_argument,
         "training.patience needs events to judge by: set training.validation");
  }
  if (schedule == Schedule::reduce_on_plateau && validation == 0) {
    fail(Code::invalid_argument,
         "training.schedule = 'reduce_on_plateau' needs events to judge by: set "
         "training.validation");
  }
  if (schedule == Schedule::multi_step && milestones.empty()) {
    fail(Code::invalid_argument, "training.schedule = 'multi_step' needs training.milestones");
  }
  for (size_t i = 1; i < milestones.size(); ++i) {
    if (milestones[i] > milestones[i - 1]) continue;
    fail(Code::invalid_argument, "training.milestones must increase, but ", milestones[i],
         " follows ", milestones[i - 1]);
  }
  if (nesterov && momentum == 0) {
    fail(Code::invalid_argument, "training.nesterov needs a training.momentum above 0");
  }
  const auto expect_one_each = [&](const char* field, const std::vector<double>& factors) {
    if (factors.empty() || factors.size() == group_patterns.size()) return;
    fail(Code::invalid_argument, "training.group_patterns has ", group_patterns.size(),
         " entries, training.", field, " ", factors.size(), ": one for each pattern");
  };
  expect_one_each("group_rates", group_rates);
  expect_one_each("group_decays", group_decays);
  if (!group_patterns.empty() && group_rates.empty() && group_decays.empty()) {
    fail(Code::invalid_argument,
         "training.group_patterns needs training.group_rates or training.group_decays");
  }
  if (!group_decays.empty() && weight_decay == 0) {
    fail(Code::invalid_argument, "training.group_decays needs a training.weight_decay above 0");
  }
}

}  // namespace castalia
