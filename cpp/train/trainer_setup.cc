// How a training is set up: its events, its learners and their Programs.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/compile/compile.h"
#include "cpp/nn/parameter_values.h"
#include "cpp/nn/stages.h"
#include "cpp/train/adversarial.h"
#include "cpp/train/trainer.h"

namespace castalia {
namespace {

// For so many records of the history there is memory from the start.
constexpr int64_t kMostRecords = 10000;
// Without events an epoch is this part of the steps.
constexpr int64_t kEpochsWithoutEvents = 20;

// What training goes on without events: their widths.
std::shared_ptr<const Dataset> no_events(const Network& network, const TrainingOptions& options) {
  if (reads_events(options.objective)) {
    fail(Code::empty_data, "training.objective = '", options.objective_name,
         "' learns from events, and none are given");
  }
  if (network.context_features() > 0) {
    fail(Code::empty_data, "the model has a context: give events to take its values from");
  }
  if (options.steps == 0) {
    fail(Code::invalid_argument,
         "training without events needs training.steps: they have no epochs");
  }
  auto none = std::make_shared<Dataset>();
  none->features = network.features();
  return none;
}

// What an adversarial network is not trained with, and another not.
void check_sides(const Adversarial* adversarial, const TrainingOptions& options) {
  if (adversarial != nullptr) {
    if (options.objective != Objective::likelihood) {
      fail(Code::unsupported, "training.objective = '", options.objective_name,
           "' is for models with a density; this one learns from a critic");
    }
    if (options.optimiser == OptimiserKind::lbfgs) {
      fail(Code::invalid_argument,
           "training.optimiser = 'lbfgs' compares losses of the same batch, but generator and "
           "critic change each other's");
    }
    for (const std::string& each : options.regularisers) {
      if (!adversarial->normalises_by_batch() || !find_regulariser(each).of_slopes) continue;
      fail(Code::invalid_argument, "training.regularisers: '", each,
           "' is of the slope of each event's own score, but this model's critic normalises by the "
           "batch; let it not");
    }
    return;
  }
  const auto given = nlohmann::json::parse(options.json);
  const auto defaults = nlohmann::json::parse(TrainingOptions("").json);
  for (const char* field : {"adversarial_loss", "critic_steps", "critic_rate", "regularisers",
                            "critic_clip", "judge", "judge_events"}) {
    if (given.at(field) == defaults.at(field)) continue;
    fail(Code::invalid_argument, "training.", field,
         " is for adversarial models: this one has no critic");
  }
}

}  // namespace

Trainer::Trainer(std::unique_ptr<Network> network, const ParameterTable& table, DType dtype,
                 const void* parameters, std::shared_ptr<const Dataset> data,
                 TrainingOptions options, Resources resources, std::shared_ptr<Target> target,
                 Judge judge, std::string model)
    : model_(std::move(model)),
      network_(std::move(network)),
      table_(table),
      dtype_(dtype),
      data_(std::move(data)),
      options_(std::move(options)),
      device_(resources.device),
      arena_(device_ == nullptr ? nullptr : std::make_shared<Arena>(device_)),
      pool_(resources.threads),
      validation_loss_(std::numeric_limits<double>::quiet_NaN()),
      best_loss_(std::numeric_limits<double>::infinity()) {
  const bool has_critic = network_->adversarial() != nullptr;
  check_objective(*network_, target.get(), options_);
  check_sides(network_->adversarial(), options_);
  if (has_critic) turns_ = options_.critic_steps;
  if (has_critic && !judge) {
    if (options_.patience > 0) {
      fail(Code::invalid_argument,
           "training.patience has no effect: there is nothing to judge this model by");
    }
    options_.validation = 0;
  }
  if (!data_) data_ = no_events(*network_, options_);
  if (data_->features != network_->features()) {
    fail(Code::shape_mismatch, "the data have ", data_->features, " features, the model ",
         network_->features());
  }
  if (data_->context_features != network_->context_features()) {
    fail(Code::shape_mismatch, "the context of the data has ", data_->context_features,
         " columns, that of the model ", network_->context_features());
  }
  split();
  table_ = training_table(*network_, table, dtype_, options_);
  make_learners(parameters, static_cast<size_t>(table.count()) * size_of(dtype));
  if (target) {
    draws_ = std::make_unique<TargetDraws>(*network_, table_, dtype_, options_, std::move(target),
                                           pool_.threads(), arena_);
    draws_->proposal().bind_state(kParameters, learners_.front().weights);
  }
  const bool lbfgs = options_.optimiser == OptimiserKind::lbfgs;
  for (Learner& learner : learners_) {
    if (!lbfgs) learner.step = workspace(trace_step, learner, true);
    if (lbfgs || options_.accumulate > 1) learner.part = workspace(trace_part, learner, true);
  }
  if (has_critic) {
    if (judge && std::ssize(validation_rows_) >= 2) {
      judging_ =
          std::make_unique<Judging>(*network_, table_, dtype_, options_, *data_, validation_rows_,
                                    std::move(judge), pool_.threads(), arena_);
      bind(judging_->program(), learners_.front(), true);
    }
  } else if (!validation_rows_.empty()) {
    validation_ = workspace(trace_validation, learners_.front(), true);
  }
  if (!options_.checkpoint.empty() && options_.resume) read_checkpoint(options_.checkpoint);
}

// The first `own_bytes` are the network's; a classifier's weights follow.
void Trainer::make_learners(const void* parameters, size_t own_bytes) {
  std::vector<std::byte> values(static_cast<size_t>(table_.count()) * size_of(dtype_));
  if (own_bytes < values.size()) {
    write_values(values.data(), dtype_, initial_values(table_, options_.seed));
  }
  std::memcpy(values.data(), parameters, own_bytes);
  const auto add = [&](Side side) {
    learners_.emplace_back(side, table_, dtype_, values.data(), options_, device_);
  };
  if (network_->adversarial() == nullptr) {
    add(Side::whole);
  } else {
    add(Side::generator);
    add(Side::critic);
  }
  if (options_.optimiser != OptimiserKind::lbfgs) return;
  lbfgs_ = std::make_unique<Lbfgs>(table_.count(), options_.lbfgs_history);
  lbfgs_weights_.resize(static_cast<size_t>(table_.count()));
  lbfgs_mean_.resize(static_cast<size_t>(table_.count()));
}

void Trainer::split() {
  const int64_t rows = data_->rows;
  if (!network_->fitted()) network_->fit_preprocessing(data_->x, data_->context);
  if (rows == 0) {
    plan_steps((options_.steps + kEpochsWithoutEvents - 1) / kEpochsWithoutEvents);
    return;
  }
  network_->check_rows(data_->x, data_->context, 0);
  const double share = reads_events(options_.objective) ? options_.validation : 0.0;
  const auto held_out = static_cast<int64_t>(std::floor(share * static_cast<double>(rows)));
  std::vector<int64_t> shuffled = permutation(options_.seed, kSplitStage, rows);
  validation_rows_.assign(shuffled.begin(), shuffled.begin() + held_out);
  training_rows_.assign(shuffled.begin() + held_out, shuffled.end());
  std::sort(validation_rows_.begin(), validation_rows_.end());
  std::sort(training_rows_.begin(), training_rows_.end());
  const auto count = static_cast<int64_t>(training_rows_.size());
  // The greatest batch times the greatest accumulate and the most turns fits an integer.
  const int64_t in_a_step = options_.batch * options_.accumulate * turns_;
  if (count < in_a_step) {
    fail(Code::empty_data, "training has ", count, " events (", rows, " less ", held_out,
         " held out for validation), fewer than training.batch = ", options_.batch,
         options_.accumulate > 1 ? text(" times training.accumulate = ", options_.accumulate) : "",
         turns_ > 1 ? text(" times training.critic_steps = ", turns_) : "");
  }
  const bool plateau = options_.schedule == Schedule::reduce_on_plateau;
  if (held_out == 0 && share > 0 && (plateau || options_.patience > 0)) {
    fail(Code::empty_data, "training.validation = ", options_.validation, " of ", rows,
         " events leaves none for training.",
         plateau ? "schedule = 'reduce_on_plateau'" : "patience", " to judge by");
  }
  plan_steps(count / in_a_step);
}

void Trainer::plan_steps(int64_t steps_per_epoch) {
  steps_per_epoch_ = steps_per_epoch;
  steps_ = options_.steps > 0 ? options_.steps : options_.epochs * steps_per_epoch_;
  validate_every_ = options_.validate_every > 0 ? options_.validate_every : steps_per_epoch_;
  rate_ = std::make_unique<LearningRate>(options_, steps_, steps_per_epoch_);
  const auto records = static_cast<size_t>(std::min(steps_ / validate_every_ + 1, kMostRecords));
  history_.reserve(records);
  if (has_target(options_.objective)) draws_history_.reserve(records);
}

// The one that is not fused is for explanations.
std::unique_ptr<Workspace> Trainer::workspace(TraceGraph trace, Learner& learner, bool fuse) {
  Graph graph;
  graph.set_whole_rows(device_ != nullptr);
  trace({*network_, table_, dtype_, options_, draws_ ? draws_->estimator() : Estimator::automatic,
         learner.side, !fuse},
        graph);
  const CompileOptions compilation{.rows_independent = false, .device = device_, .fuse = fuse};
  auto made = std::make_unique<Workspace>(compile(graph, compilation), pool_.threads(), arena_);
  bind(*made, learner, trace == trace_validation);
  return made;
}

// Binds a Program of this learner to its memory; one that judges reads the weights that are judged.
void Trainer::bind(Workspace& workspace, Learner& learner, bool judged) {
  for (const Binding& state : workspace.program().states) {
    StateMemory* memory = learner.memory(state.name);
    if (state.name == kParameters) {
      memory = judged ? &learners_.front().judged() : &learners_.front().weights;
    } else if (state.name == kCriticParameters) {
      memory = &learners_.back().weights;
    } else if (memory == nullptr) {
      // Programs are bound to memory that they may write; they do not assign this one.
      void* frozen = const_cast<void*>(network_->frozen_state(state.name));
      memory = &frozen_.try_emplace(state.name, frozen, state.type.bytes(), device_).first->second;
    }
    workspace.bind_state(state.name, *memory);
  }
}

}  // namespace castalia
