#include "cpp/train/trainer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/nn/demands.h"
#include "cpp/nn/parameter_values.h"
#include "cpp/nn/stages.h"
#include "cpp/train/events.h"
#include "cpp/train/optimiser.h"

namespace castalia {
// Writes the rows into the inputs. Missing rows at the end of a batch repeat the first with weight
// zero. What the loss draws for the first is drawn for `first_event`.
void Trainer::gather(Workspace& workspace, std::span<const int64_t> rows, int64_t first_event) {
  const auto row_of = [&](int64_t i) {
    return rows[i < std::ssize(rows) ? static_cast<size_t>(i) : 0];
  };
  const auto copy_rows = [&](const char* name, const std::vector<double>& from, int64_t width) {
    double* out = static_cast<double*>(workspace.input(name));
    for (int64_t i = 0; i < options_.batch; ++i) {
      std::copy_n(from.begin() + row_of(i) * width, width, out + i * width);
    }
  };
  const bool validates = &workspace == validation_.get();
  if (validates || reads_events(options_.objective)) copy_rows("x", data_->x, data_->features);
  if (data_->context_features > 0) copy_rows("context", data_->context, data_->context_features);
  double* weight = static_cast<double*>(workspace.input("weight"));
  for (int64_t i = 0; i < options_.batch; ++i) {
    if (data_->rows == 0) {
      weight[i] = 1.0;
      continue;
    }
    const int64_t row = row_of(i);
    weight[i] = i < std::ssize(rows) ? weight_of({&row, 1}) : 0.0;
  }
  *static_cast<int64_t*>(workspace.input("seed")) = static_cast<int64_t>(options_.seed);
  *static_cast<int64_t*>(workspace.input("first_event")) = first_event;
}

double Trainer::weight_of(std::span<const int64_t> rows) const {
  if (data_->weights.empty()) return static_cast<double>(rows.size());
  double total = 0;
  for (const int64_t row : rows) total += data_->weights[static_cast<size_t>(row)];
  return total;
}

void Trainer::order_events() {
  if (data_->rows == 0) return;
  const int64_t epoch = step_ / steps_per_epoch_;
  if (epoch == order_epoch_) return;
  order_.resize(training_rows_.size());
  permute(options_.seed, kShuffleStage, static_cast<uint64_t>(epoch), order_);
  for (int64_t& row : order_) row = training_rows_[static_cast<size_t>(row)];
  order_epoch_ = epoch;
}

// Every turn of a step has events of its own; the generator sees those of the last.
std::span<const int64_t> Trainer::rows_of_turn(int64_t turn) const {
  if (data_->rows == 0) return {};
  const int64_t count = options_.batch * options_.accumulate;
  const int64_t first = (step_ % steps_per_epoch_ * turns_ + turn) * count;
  return std::span(order_).subspan(static_cast<size_t>(first), static_cast<size_t>(count));
}

// Runs one of the batches of a turn and returns its loss. Each of a step's runs draws its own
// random numbers.
double Trainer::run_part(Workspace& program, int64_t turn, int64_t run, int64_t part) {
  const auto batch = static_cast<size_t>(options_.batch);
  const int64_t runs = adversarial() ? turns_ + 1 : 1;
  int64_t first_event = ((step_ * runs + run) * options_.accumulate + part) * options_.batch;
  if (options_.objective != Objective::likelihood || adversarial()) first_event += kFirstDraw;
  const std::span<const int64_t> rows = rows_of_turn(turn);
  gather(program, rows.empty() ? rows : rows.subspan(static_cast<size_t>(part) * batch, batch),
         first_event);
  if (draws_) draw(program, first_event);
  program.run(&pool_);
  return read_scalar(program, "loss");
}

// Asks the target about what the model draws now, and puts the answer into the step's inputs.
void Trainer::draw(Workspace& step, int64_t first_event) {
  Workspace& proposal = draws_->proposal();
  if (data_->context_features > 0) {
    std::memcpy(proposal.input("context"), step.input("context"),
                static_cast<size_t>(options_.batch * data_->context_features) * sizeof(double));
  }
  try {
    draws_->draw(pool_, options_.seed, first_event);
  } catch (const Error& error) {
    fail(error.code(), "step ", step_ + 1, ": ", error.what(),
         ". The weights of the step before are kept");
  }
  draws_->fill(step);
}

bool Trainer::is_good(Workspace& program) const {
  double good = 0;
  read_values(program.output("good"), dtype_, {&good, 1});
  return good != 0;
}

// The inputs of the Programs that see a part of a turn's events.
void Trainer::begin_parts(Learner& learner, int64_t turn) {
  const double weight = data_->rows > 0 ? weight_of(rows_of_turn(turn))
                                        : static_cast<double>(options_.batch * options_.accumulate);
  const double inverse_weight = weight > 0 ? 1.0 / weight : 0.0;
  for (Workspace* program : {learner.part.get(), learner.step.get()}) {
    if (program == nullptr) continue;
    *static_cast<double*>(program->input("inverse_weight")) = inverse_weight;
  }
  std::memset(learner.gradient_sum.write(), 0, learner.bytes);
}

// One step of a learner's optimiser, in run number `run` of the step; returns its loss.
double Trainer::learn(Learner& learner, int64_t turn, int64_t run) {
  const int64_t last = options_.accumulate - 1;
  double loss = 0;
  if (last > 0) begin_parts(learner, turn);
  for (int64_t part = 0; part < last; ++part) {
    loss += run_part(*learner.part, turn, run, part);
    if (!is_good(*learner.part)) explain_failure(*learner.part, trace_part, learner);
  }
  const int64_t taken = learner.turns == 1 ? step_ : step_ * learner.turns + turn;
  for (const StepNumber& number : step_numbers(options_, taken + 1, last_rate_ * learner.rate)) {
    // The critic has no running mean, and its Program no decay of it.
    if (number.name == nullptr || (number.of_mean && !learner.keeps_mean)) continue;
    write_values(learner.step->input(number.name), dtype_, {&number.value, 1});
  }
  loss += run_part(*learner.step, turn, run, last);
  if (!is_good(*learner.step)) explain_failure(*learner.step, trace_step, learner);
  return loss;
}

double Trainer::step_of_programs() {
  last_rate_ = rate_->at(step_);
  if (!adversarial()) return learn(generator(), 0, 0);
  Learner& critic = learners_.back();
  CriticRecord sums{};
  for (int64_t turn = 0; turn < turns_; ++turn) {
    CriticRecord of_turn{};
    of_turn.loss = learn(critic, turn, turn);
    of_turn.penalty = read_scalar(*critic.step, "penalty");
    of_turn.told_apart = read_scalar(*critic.step, "told_apart");
    of_turn.gradient_norm = read_scalar(*critic.step, "gradient_norm");
    sums.add(of_turn, 1.0 / static_cast<double>(turns_));
  }
  const double loss = learn(generator(), turns_ - 1, turns_);
  sums.generator_gradient_norm = read_scalar(*generator().step, "gradient_norm");
  critic_sums_.add(sums, 1.0);
  return loss;
}

// Rounds the weights to what the model holds.
double Trainer::loss_and_gradient(std::span<double> weights, std::span<double> gradient) {
  Learner& learner = generator();
  write_values(learner.weights.write(), dtype_, weights);
  read_values(learner.weights.data(), dtype_, weights);
  std::memset(learner.gradient_sum.write(), 0, learner.bytes);
  double loss = 0;
  for (int64_t part = 0; part < options_.accumulate; ++part) {
    loss += run_part(*learner.part, 0, 0, part);
  }
  read_values(learner.gradient_sum.data(), dtype_, gradient);
  return loss;
}

double Trainer::step_of_lbfgs() {
  Learner& learner = generator();
  begin_parts(learner, 0);
  read_values(learner.weights.data(), dtype_, lbfgs_weights_);
  const Lbfgs::Result result =
      lbfgs_->step(lbfgs_weights_, [this](std::span<double> weights, std::span<double> gradient) {
        return loss_and_gradient(weights, gradient);
      });
  write_values(learner.weights.write(), dtype_, lbfgs_weights_);
  if (!std::isfinite(result.value)) {
    // Of several batches the one that is to blame, or the last.
    for (int64_t part = 0; part < options_.accumulate; ++part) {
      run_part(*learner.part, 0, 0, part);
      if (!is_good(*learner.part)) break;
    }
    explain_failure(*learner.part, trace_part, learner);
  }
  if (learner.keeps_mean) {
    const double decay = ema_decay(options_, step_ + 1);
    read_values(learner.ema.data(), dtype_, lbfgs_mean_);
    for (size_t i = 0; i < lbfgs_mean_.size(); ++i) {
      lbfgs_mean_[i] += (1.0 - decay) * (lbfgs_weights_[i] - lbfgs_mean_[i]);
    }
    write_values(learner.ema.write(), dtype_, lbfgs_mean_);
  }
  last_rate_ = result.length;
  return result.value;
}

void Trainer::take_step() {
  order_events();
  const ImportanceSums sums = draws_ ? draws_->sums() : ImportanceSums();
  try {
    loss_sum_ += lbfgs_ ? step_of_lbfgs() : step_of_programs();
  } catch (...) {
    if (draws_) draws_->sums() = sums;  // the step was not taken
    throw;
  }
  ++loss_count_;
  ++step_;
}

// The same batch again, operator by operator. It changes no weights, as the step did not.
void Trainer::explain_failure(Workspace& failed, TraceGraph trace, Learner& learner) {
  const std::unique_ptr<Workspace> apart = workspace(trace, learner, false);
  for (const Binding& input : failed.program().inputs) {
    std::memcpy(apart->input(input.name), failed.input(input.name), input.type.bytes());
  }
  apart->run();
  if (const std::optional<UnmetDemand> unmet = unmet_demand(*apart, options_.batch)) {
    fail(Code::numerical, "step ", step_ + 1, ", row ", unmet->row,
         " of the batch: ", unmet->otherwise, ". The weights of the step before are kept");
  }
  const std::string first = apart->first_not_finite();
  const double loss = read_scalar(failed, "loss");
  const char* const whose = learner.side == Side::critic      ? "critic's "
                            : learner.side == Side::generator ? "generator's "
                                                              : "";
  fail(Code::numerical, "step ", step_ + 1, ": the ", whose,
       std::isfinite(loss) ? "gradient or what it makes of the weights" : "loss", " is not finite",
       first.empty() ? "" : "; first in ", first, ". The weights of the step before are kept",
       lbfgs_ ? "" : "; a lower training.learning_rate or a training.clip_norm may help");
}

// Called where the error was caught: what a device says of itself does not tell what became of the
// training.
void Trainer::explain_loss_of_device(const Error& error) const {
  const bool of_device = device_ != nullptr &&
                         (error.code() == Code::internal || error.code() == Code::out_of_memory ||
                          error.code() == Code::device_unavailable);
  if (!of_device) throw;
  const std::string kept = checkpointed_ < 0
                               ? "no step has written training.checkpoint"
                               : text("the checkpoint '", options_.checkpoint, "' of step ",
                                      checkpointed_, " is whole: training.resume goes on from it");
  fail(error.code(), "training on ", device_->name(), " stopped after step ", step_, ": ",
       error.what(), "; ", kept);
}

int64_t Trainer::advance(int64_t steps) {
  double sum = 0;
  int64_t taken = 0;
  while (taken < steps && !finished()) {
    const double before = loss_sum_;
    try {
      take_step();
      ++taken;
      sum += loss_sum_ - before;
      const bool last = step_ == steps_;
      if (step_ % validate_every_ == 0 || last) validate();
      if (!options_.checkpoint.empty() &&
          (step_ % options_.checkpoint_every == 0 || last || stop_ != Stop::no)) {
        save_checkpoint(options_.checkpoint);
        checkpointed_ = step_;
      }
    } catch (const Error& error) {
      explain_loss_of_device(error);
    }
  }
  if (taken > 0) loss_ = sum / static_cast<double>(taken);
  return taken;
}

std::vector<double> Trainer::parameter_values() const {
  std::vector<double> values(static_cast<size_t>(table_.count()));
  for (const Learner& learner : learners_) {
    read_values((has_best_ ? learner.best : learner.judged()).data(), dtype_,
                std::span(values).subspan(static_cast<size_t>(learner.first),
                                          static_cast<size_t>(learner.count)));
  }
  return values;
}

}  // namespace castalia
