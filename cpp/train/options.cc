#include "cpp/train/options.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/train/adversarial.h"
#include "cpp/train/option_names.h"

namespace castalia {
namespace {

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
  adversarial_loss = values.text("adversarial_loss");
  critic_steps = values.integer("critic_steps");
  critic_rate = values.real("critic_rate");
  regularisers = values.texts("regularisers");
  regulariser_weights = values.reals("regulariser_weights");
  critic_clip = values.real("critic_clip");
  judge = values.text("judge");
  judge_events = values.integer("judge_events");
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
  for (auto each = regularisers.begin(); each != regularisers.end(); ++each) {
    if (std::find(regularisers.begin(), each, *each) == each) continue;
    fail(Code::invalid_argument, "training.regularisers names '", *each,
         "' twice; regulariser_weights says how much it counts");
  }
  if (regulariser_weights.empty()) {
    for (const std::string& each : regularisers) {
      regulariser_weights.push_back(find_regulariser(each).weight);
    }
  }
  if (regulariser_weights.size() != regularisers.size()) {
    fail(Code::invalid_argument, "training.regularisers has ", regularisers.size(),
         " entries, training.regulariser_weights ", regulariser_weights.size(), ": one for each");
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
