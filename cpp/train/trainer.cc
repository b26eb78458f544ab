#include "cpp/train/trainer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/compile/compile.h"
#include "cpp/nn/demands.h"
#include "cpp/nn/stages.h"
#include "cpp/train/optimiser.h"

namespace castalia {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// For so many records of the history there is memory from the start.
constexpr int64_t kMostRecords = 10000;

// What a loss draws for the rows held out is drawn for events from here on, that for the training
// below: no run takes so many.
constexpr int64_t kFirstHeldOut = int64_t{1} << 62;
// Draws of the model itself while it is trained are of events from here on: its sample of the same
// seed is another.
constexpr int64_t kFirstDraw = int64_t{1} << 61;
// Without events an epoch is this part of the steps.
constexpr int64_t kEpochsWithoutEvents = 20;

// Between a tensor of the parameters' type and doubles.
void write(void* to, DType dtype, std::span<const double> values) {
  if (dtype == DType::float32) {
    std::transform(values.begin(), values.end(), static_cast<float*>(to),
                   [](double value) { return static_cast<float>(value); });
  } else {
    std::copy(values.begin(), values.end(), static_cast<double*>(to));
  }
}

void read(const void* from, DType dtype, std::span<double> values) {
  if (dtype == DType::float32) {
    std::copy_n(static_cast<const float*>(from), values.size(), values.begin());
  } else {
    std::copy_n(static_cast<const double*>(from), values.size(), values.begin());
  }
}

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

double read_scalar(Workspace& workspace, const char* name) {
  return *static_cast<const double*>(workspace.output(name));
}

}  // namespace

Trainer::Trainer(std::unique_ptr<Network> network, const ParameterTable& table, DType dtype,
                 const void* parameters, std::shared_ptr<const Dataset> data,
                 TrainingOptions options, int threads, std::shared_ptr<Target> target)
    : network_(std::move(network)),
      table_(table),
      dtype_(dtype),
      data_(std::move(data)),
      options_(std::move(options)),
      pool_(threads),
      validation_loss_(kNaN),
      best_loss_(std::numeric_limits<double>::infinity()) {
  check_objective(*network_, target.get(), options_);
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
  make_states(parameters, static_cast<size_t>(table.count()) * size_of(dtype));
  if (target) {
    draws_ = std::make_unique<TargetDraws>(*network_, table_, dtype_, options_, std::move(target),
                                           pool_.threads());
    draws_->proposal().bind_state("parameters", flat_.data());
  }
  const bool lbfgs = options_.optimiser == OptimiserKind::lbfgs;
  if (!lbfgs) training_ = workspace(trace_step, true);
  if (lbfgs || options_.accumulate > 1) part_ = workspace(trace_part, true);
  if (!validation_rows_.empty()) validation_ = workspace(trace_validation, true);
  if (!options_.checkpoint.empty() && options_.resume) read_checkpoint(options_.checkpoint);
}

// The first `own_bytes` are the network's; a classifier's weights follow.
void Trainer::make_states(const void* parameters, size_t own_bytes) {
  const size_t bytes = padded_bytes(parameter_bytes());
  for (AlignedBuffer* buffer : {&flat_, &first_moment_, &second_moment_, &ema_, &best_}) {
    *buffer = AlignedBuffer(bytes);
  }
  for (AlignedBuffer* buffer : {&flat_, &ema_, &best_}) {
    if (own_bytes < parameter_bytes()) {
      write(buffer->data(), dtype_, initial_values(table_, options_.seed));
    }
    std::memcpy(buffer->data(), parameters, own_bytes);
  }
  const bool lbfgs = options_.optimiser == OptimiserKind::lbfgs;
  if (lbfgs || options_.accumulate > 1) gradient_sum_ = AlignedBuffer(bytes);
  if (lbfgs) {
    lbfgs_ = std::make_unique<Lbfgs>(table_.count(), options_.lbfgs_history);
    lbfgs_weights_.resize(static_cast<size_t>(table_.count()));
    lbfgs_mean_.resize(static_cast<size_t>(table_.count()));
  }
  const auto keep = [&](AlignedBuffer& buffer, const std::vector<double>& factors) {
    if (factors.empty()) return;
    buffer = AlignedBuffer(bytes);
    write(buffer.data(), dtype_, factors);
  };
  keep(rate_factors_, rate_factors(options_, table_));
  keep(decay_factors_, decay_factors(options_, table_));
}

// The memory of a Program's state; a Program that validates reads the weights that are judged.
void* Trainer::memory(const std::string& state, bool validates) {
  if (state == "parameters") return (validates && options_.ema > 0 ? ema_ : flat_).data();
  if (state == "first_moment") return first_moment_.data();
  if (state == "second_moment") return second_moment_.data();
  if (state == "ema") return ema_.data();
  if (state == "gradient_sum") return gradient_sum_.data();
  if (state == "rate_factors") return rate_factors_.data();
  if (state == "decay_factors") return decay_factors_.data();
  // Programs are bound to memory that they may write; they do not assign this one.
  return const_cast<void*>(network_->frozen_state(state));
}

size_t Trainer::parameter_bytes() const {
  return static_cast<size_t>(table_.count()) * size_of(dtype_);
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
  // The greatest batch times the greatest accumulate fits an integer.
  const int64_t in_a_step = options_.batch * options_.accumulate;
  if (count < in_a_step) {
    fail(Code::empty_data, "training has ", count, " events (", rows, " less ", held_out,
         " held out for validation), fewer than training.batch = ", options_.batch,
         options_.accumulate > 1 ? text(" times training.accumulate = ", options_.accumulate) : "");
  }
  if (options_.schedule == Schedule::reduce_on_plateau && held_out == 0) {
    fail(Code::empty_data, "training.validation = ", options_.validation, " of ", rows,
         " events leaves none for training.schedule = 'reduce_on_plateau' to judge by");
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
std::unique_ptr<Workspace> Trainer::workspace(TraceGraph trace, bool fuse) {
  Graph graph;
  trace({*network_, table_, dtype_, options_, draws_ ? draws_->estimator() : Estimator::automatic,
         !fuse},
        graph);
  auto made = std::make_unique<Workspace>(compile(graph, {.rows_independent = false, .fuse = fuse}),
                                          pool_.threads());
  for (const Binding& binding : made->program().states) {
    made->bind_state(binding.name, memory(binding.name, trace == trace_validation));
  }
  return made;
}

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

std::span<const int64_t> Trainer::rows_of_step() const {
  if (data_->rows == 0) return {};
  const int64_t count = options_.batch * options_.accumulate;
  const int64_t first = step_ % steps_per_epoch_ * count;
  return std::span(order_).subspan(static_cast<size_t>(first), static_cast<size_t>(count));
}

// Runs one of the step's batches and returns its loss.
double Trainer::run_part(Workspace& program, int64_t part) {
  const auto batch = static_cast<size_t>(options_.batch);
  int64_t first_event = (step_ * options_.accumulate + part) * options_.batch;
  if (options_.objective != Objective::likelihood) first_event += kFirstDraw;
  const std::span<const int64_t> rows = rows_of_step();
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
  read(program.output("good"), dtype_, {&good, 1});
  return good != 0;
}

// The inputs of the Programs that see a part of a step's events.
void Trainer::begin_parts() {
  const double weight = data_->rows > 0 ? weight_of(rows_of_step())
                                        : static_cast<double>(options_.batch * options_.accumulate);
  const double inverse_weight = 1.0 / weight;
  for (Workspace* program : {part_.get(), training_.get()}) {
    if (program == nullptr) continue;
    *static_cast<double*>(program->input("inverse_weight")) = inverse_weight;
  }
}

double Trainer::step_of_program() {
  const int64_t last = options_.accumulate - 1;
  double loss = 0;
  if (last > 0) {
    begin_parts();
    std::memset(gradient_sum_.data(), 0, parameter_bytes());
  }
  for (int64_t part = 0; part < last; ++part) {
    loss += run_part(*part_, part);
    if (!is_good(*part_)) explain_failure(*part_, trace_part);
  }
  last_rate_ = rate_->at(step_);
  for (const StepNumber& number : step_numbers(options_, step_ + 1, last_rate_)) {
    if (number.name != nullptr) write(training_->input(number.name), dtype_, {&number.value, 1});
  }
  loss += run_part(*training_, last);
  if (!is_good(*training_)) explain_failure(*training_, trace_step);
  return loss;
}

// Rounds the weights to what the model holds.
double Trainer::loss_and_gradient(std::span<double> weights, std::span<double> gradient) {
  write(flat_.data(), dtype_, weights);
  read(flat_.data(), dtype_, weights);
  std::memset(gradient_sum_.data(), 0, parameter_bytes());
  double loss = 0;
  for (int64_t part = 0; part < options_.accumulate; ++part) loss += run_part(*part_, part);
  read(gradient_sum_.data(), dtype_, gradient);
  return loss;
}

double Trainer::step_of_lbfgs() {
  begin_parts();
  read(flat_.data(), dtype_, lbfgs_weights_);
  const Lbfgs::Result result =
      lbfgs_->step(lbfgs_weights_, [this](std::span<double> weights, std::span<double> gradient) {
        return loss_and_gradient(weights, gradient);
      });
  write(flat_.data(), dtype_, lbfgs_weights_);
  if (!std::isfinite(result.value)) {
    // Of several batches the one that is to blame, or the last.
    for (int64_t part = 0; part < options_.accumulate; ++part) {
      run_part(*part_, part);
      if (!is_good(*part_)) break;
    }
    explain_failure(*part_, trace_part);
  }
  if (options_.ema > 0) {
    const double decay = ema_decay(options_, step_ + 1);
    read(ema_.data(), dtype_, lbfgs_mean_);
    for (size_t i = 0; i < lbfgs_mean_.size(); ++i) {
      lbfgs_mean_[i] += (1.0 - decay) * (lbfgs_weights_[i] - lbfgs_mean_[i]);
    }
    write(ema_.data(), dtype_, lbfgs_mean_);
  }
  last_rate_ = result.length;
  return result.value;
}

void Trainer::take_step() {
  order_events();
  const ImportanceSums sums = draws_ ? draws_->sums() : ImportanceSums();
  try {
    loss_sum_ += lbfgs_ ? step_of_lbfgs() : step_of_program();
  } catch (...) {
    if (draws_) draws_->sums() = sums;  // the step was not taken
    throw;
  }
  ++loss_count_;
  ++step_;
}

// The same batch again, operator by operator. It changes no weights, as the step did not.
void Trainer::explain_failure(Workspace& failed, TraceGraph trace) {
  const std::unique_ptr<Workspace> apart = workspace(trace, false);
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
  fail(Code::numerical, "step ", step_ + 1, ": the ",
       std::isfinite(loss) ? "gradient or what it makes of the weights" : "loss", " is not finite",
       first.empty() ? "" : "; first in ", first, ". The weights of the step before are kept",
       lbfgs_ ? "" : "; a lower training.learning_rate or a training.clip_norm may help");
}

void Trainer::validate() {
  if (validation_) {
    double loss = 0;
    double weight = 0;
    const auto count = static_cast<int64_t>(validation_rows_.size());
    for (int64_t first = 0; first < count; first += options_.batch) {
      const int64_t rows = std::min(options_.batch, count - first);
      const auto held_out = std::span(validation_rows_)
                                .subspan(static_cast<size_t>(first), static_cast<size_t>(rows));
      gather(*validation_, held_out, kFirstHeldOut + first);
      validation_->run(&pool_);
      loss += read_scalar(*validation_, "loss");
      weight += read_scalar(*validation_, "weight");
    }
    validation_loss_ = loss / weight;
    rate_->observe(validation_loss_);
    if (validation_loss_ < best_loss_) {
      best_loss_ = validation_loss_;
      std::memcpy(best_.data(), judged().data(), parameter_bytes());
      has_best_ = true;
      worse_ = 0;
    } else if (++worse_ >= options_.patience && options_.patience > 0) {
      stopped_early_ = true;
    }
  }
  history_.push_back({static_cast<double>(step_), loss_sum_ / static_cast<double>(loss_count_),
                      validation_loss_, last_rate_});
  loss_sum_ = 0;
  loss_count_ = 0;
  if (!draws_) return;
  const ImportanceSums& sums = draws_->sums();
  draws_history_.push_back({sums.log_z(), sums.log_z_error(),
                            sums.effective_sample_size() / static_cast<double>(sums.count())});
  draws_->sums() = {};
}

int64_t Trainer::advance(int64_t steps) {
  double sum = 0;
  int64_t taken = 0;
  while (taken < steps && !finished()) {
    const double before = loss_sum_;
    take_step();
    ++taken;
    sum += loss_sum_ - before;
    const bool last = step_ == steps_;
    if (step_ % validate_every_ == 0 || last) validate();
    if (!options_.checkpoint.empty() &&
        (step_ % options_.checkpoint_every == 0 || last || stopped_early_)) {
      save_checkpoint(options_.checkpoint);
    }
  }
  if (taken > 0) loss_ = sum / static_cast<double>(taken);
  return taken;
}

const void* Trainer::parameters() const { return has_best_ ? best_.data() : judged().data(); }

std::string Trainer::history_json() const {
  nlohmann::ordered_json out = {{"step", nlohmann::json::array()},
                                {"loss", nlohmann::json::array()},
                                {"validation_loss", nlohmann::json::array()},
                                {"learning_rate", nlohmann::json::array()}};
  for (const Record& record : history_) {
    out["step"].push_back(static_cast<int64_t>(record.step));
    out["loss"].push_back(record.loss);
    out["validation_loss"].push_back(record.validation_loss);  // NaN is written as null
    out["learning_rate"].push_back(record.learning_rate);
  }
  if (!draws_) return out.dump();
  for (const DrawsRecord& record : draws_history_) {
    out["log_z"].push_back(record.log_z);
    out["log_z_error"].push_back(record.log_z_error);
    out["effective_fraction"].push_back(record.effective_fraction);
  }
  return out.dump();
}

}  // namespace castalia
