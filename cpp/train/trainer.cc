#include "cpp/train/trainer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/compile/compile.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// For so many records of the history there is memory from the start.
constexpr int64_t kMostRecords = 10000;

void put(Workspace& workspace, const char* name, DType dtype, double value) {
  if (dtype == DType::float32) {
    *static_cast<float*>(workspace.input(name)) = static_cast<float>(value);
  } else {
    *static_cast<double*>(workspace.input(name)) = value;
  }
}

double read_scalar(Workspace& workspace, const char* name) {
  return *static_cast<const double*>(workspace.output(name));
}

// Adam (arXiv 1412.6980) with decoupled weight decay (arXiv 1711.05101), clipping by norm and the
// running mean, on all parameters at once. A step whose loss, gradient or new
// weights are not finite changes nothing.
void trace_update(Graph& graph, const TrainingOptions& options, Value loss, Value flat, Value gradient) {
  const DType dtype = flat.dtype();
  const TensorType type = flat.type();
  const Scope scope(graph, "optimiser");
  const Value m = graph.state("first_moment", type);
  const Value v = graph.state("second_moment", type);
  const Value rate = graph.input("learning_rate", {dtype, {}});
  const Value correction1 = graph.input("correction1", {dtype, {}});
  const Value correction2 = graph.input("correction2", {dtype, {}});

  const Value norm2 = sum(square(cast(gradient, DType::float64)), {0}, false);
  Value g = gradient;
  if (options.clip_norm > 0) {
    const Value factor = minimum(options.clip_norm / sqrt(norm2 + 1e-300), graph.scalar(1.0, DType::float64));
    g = g * cast(factor, dtype);
  }
  const Value m_new = options.beta1 * m + (1.0 - options.beta1) * g;
  const Value v_new = options.beta2 * v + (1.0 - options.beta2) * square(g);
  Value change = m_new * correction1 / (sqrt(v_new * correction2) + options.epsilon);
  if (options.weight_decay > 0) change = change + options.weight_decay * flat;
  const Value moved = flat - rate * change;
  const Value moved2 = sum(square(cast(moved, DType::float64)), {0}, false);
  const Value good =
      cast(is_finite(reshape(loss, Shape())) * is_finite(norm2) * is_finite(moved2), dtype);
  const Value flat_new = select(good, moved, flat);
  graph.assign(m, select(good, m_new, m));
  graph.assign(v, select(good, v_new, v));
  graph.assign(flat, flat_new);
  if (options.ema > 0) {
    const Value ema = graph.state("ema", type);
    const Value decay = graph.input("ema_decay", {dtype, {}});
    graph.assign(ema, ema + (1.0 - decay) * (flat_new - ema));
  }
  graph.output("good", good);
}

}  // namespace

Trainer::Trainer(std::unique_ptr<Network> network, const ParameterTable& table, DType dtype,
                 const void* parameters, std::shared_ptr<const Dataset> data,
                 TrainingOptions options, int threads)
    : network_(std::move(network)),
      table_(table),
      dtype_(dtype),
      data_(std::move(data)),
      options_(std::move(options)),
      pool_(threads),
      validation_loss_(kNaN),
      best_loss_(std::numeric_limits<double>::infinity()) {
  if (data_->features != network_->features()) {
    fail(Code::shape_mismatch, "the data have ", data_->features, " features, the model ",
         network_->features());
  }
  if (data_->context_features != network_->context_features()) {
    fail(Code::shape_mismatch, "the context of the data has ", data_->context_features,
         " columns, that of the model ", network_->context_features());
  }
  split();
  for (AlignedBuffer* buffer : {&flat_, &first_moment_, &second_moment_, &ema_, &best_}) {
    *buffer = AlignedBuffer(padded_bytes(parameter_bytes()));
  }
  for (AlignedBuffer* buffer : {&flat_, &ema_, &best_}) {
    std::memcpy(buffer->data(), parameters, parameter_bytes());
  }
  training_ = step_workspace(true);
  compile_validation();
  if (!options_.checkpoint.empty() && options_.resume) read_checkpoint(options_.checkpoint);
}

size_t Trainer::parameter_bytes() const {
  return static_cast<size_t>(table_.count()) * size_of(dtype_);
}

void Trainer::split() {
  const int64_t rows = data_->rows;
  const auto held_out = static_cast<int64_t>(std::floor(options_.validation * static_cast<double>(rows)));
  std::vector<int64_t> shuffled = permutation(options_.seed, kSplitStage, rows);
  validation_rows_.assign(shuffled.begin(), shuffled.begin() + held_out);
  training_rows_.assign(shuffled.begin() + held_out, shuffled.end());
  std::sort(validation_rows_.begin(), validation_rows_.end());
  std::sort(training_rows_.begin(), training_rows_.end());
  const auto count = static_cast<int64_t>(training_rows_.size());
  if (count < options_.batch) {
    fail(Code::empty_data, "training has ", count, " events (", rows, " less ", held_out,
         " held out for validation), fewer than training.batch = ", options_.batch);
  }
  steps_per_epoch_ = count / options_.batch;
  steps_ = options_.steps > 0 ? options_.steps : options_.epochs * steps_per_epoch_;
  validate_every_ = options_.validate_every > 0 ? options_.validate_every : steps_per_epoch_;
  history_.reserve(static_cast<size_t>(std::min(steps_ / validate_every_ + 1, kMostRecords)));
  if (!network_->fitted()) network_->fit_preprocessing(data_->x, data_->context);
  network_->check_rows(data_->x, data_->context, 0);
}

Value Trainer::traced_loss(Graph& graph, Trace& trace, Value* weight) {
  const int64_t rows = options_.batch;
  const Value x = graph.input("x", {DType::float64, {rows, data_->features}});
  const Value context = data_->context_features > 0
                            ? graph.input("context", {DType::float64, {rows, data_->context_features}})
                            : Value();
  *weight = graph.input("weight", {DType::float64, {rows, 1}});
  return network_->loss(trace, x, context);
}

std::unique_ptr<Workspace> Trainer::step_workspace(bool fuse) {
  Graph graph;
  const Value flat = graph.state("parameters", {dtype_, {table_.count()}});
  Trace trace(graph, table_, flat, dtype_);
  Value weight;
  const Value each = traced_loss(graph, trace, &weight);
  const Value loss = sum(each * weight, {0, 1}, false) / sum(weight, {0, 1}, false);
  graph.output("loss", loss);

  std::vector<Value> parameters;
  for (const Parameter& parameter : table_.parameters()) {
    parameters.push_back(trace.parameter(parameter.name, parameter.shape, parameter.initializer));
  }
  std::vector<Value> pieces;
  for (const Value& g : gradient(loss, parameters)) {
    pieces.push_back(reshape(g, Shape{g.shape().count()}));
  }
  trace_update(graph, options_, loss, flat, concat(pieces, 0));

  auto workspace = std::make_unique<Workspace>(
      compile(graph, {.rows_independent = false, .fuse = fuse}), pool_.threads());
  workspace->bind_state("parameters", flat_.data());
  workspace->bind_state("first_moment", first_moment_.data());
  workspace->bind_state("second_moment", second_moment_.data());
  if (options_.ema > 0) workspace->bind_state("ema", ema_.data());
  return workspace;
}

void Trainer::compile_validation() {
  if (validation_rows_.empty()) return;
  Graph graph;
  const Value flat = graph.state("parameters", {dtype_, {table_.count()}});
  Trace trace(graph, table_, flat, dtype_);
  Value weight;
  const Value each = traced_loss(graph, trace, &weight);
  graph.output("loss", sum(each * weight, {0, 1}, false));
  graph.output("weight", sum(weight, {0, 1}, false));
  validation_ = std::make_unique<Workspace>(compile(graph, {.rows_independent = false}), pool_.threads());
  validation_->bind_state("parameters", judged().data());
}

// Writes the rows into the inputs. Missing rows at the end of a batch repeat the first with weight 0.
void Trainer::gather(Workspace& workspace, const int64_t* rows, int64_t count) {
  const auto copy_rows = [&](const char* name, const std::vector<double>& from, int64_t width) {
    double* out = static_cast<double*>(workspace.input(name));
    for (int64_t i = 0; i < options_.batch; ++i) {
      const int64_t row = rows[i < count ? i : 0];
      std::copy_n(from.begin() + row * width, width, out + i * width);
    }
  };
  copy_rows("x", data_->x, data_->features);
  if (data_->context_features > 0) copy_rows("context", data_->context, data_->context_features);
  double* weight = static_cast<double*>(workspace.input("weight"));
  for (int64_t i = 0; i < options_.batch; ++i) {
    const auto row = static_cast<size_t>(rows[i < count ? i : 0]);
    const double own = data_->weights.empty() ? 1.0 : data_->weights[row];
    weight[i] = i < count ? own : 0.0;
  }
}

void Trainer::take_step() {
  const int64_t epoch = step_ / steps_per_epoch_;
  if (epoch != order_epoch_) {
    order_.resize(training_rows_.size());
    permute(options_.seed, kShuffleStage, static_cast<uint64_t>(epoch), order_);
    for (int64_t& row : order_) row = training_rows_[static_cast<size_t>(row)];
    order_epoch_ = epoch;
  }
  gather(*training_, order_.data() + (step_ % steps_per_epoch_) * options_.batch, options_.batch);
  const auto t = static_cast<double>(step_ + 1);
  put(*training_, "learning_rate", dtype_, options_.learning_rate_at(step_, steps_));
  put(*training_, "correction1", dtype_, 1.0 / (1.0 - std::pow(options_.beta1, t)));
  put(*training_, "correction2", dtype_, 1.0 / (1.0 - std::pow(options_.beta2, t)));
  // Early on the mean runs over what there is, so that it does not remember the first weights.
  if (options_.ema > 0) put(*training_, "ema_decay", dtype_, std::min(options_.ema, (t + 1) / (t + 10)));
  training_->run(&pool_);
  const double loss = read_scalar(*training_, "loss");
  const bool good = dtype_ == DType::float32
                        ? *static_cast<const float*>(training_->output("good")) != 0
                        : *static_cast<const double*>(training_->output("good")) != 0;
  if (!good) explain_failure();
  loss_sum_ += loss;
  ++loss_count_;
  ++step_;
}

// The same step again, operator by operator. It changes no weights, as the step did not.
void Trainer::explain_failure() {
  const std::unique_ptr<Workspace> apart = step_workspace(false);
  for (const Binding& input : training_->program().inputs) {
    std::memcpy(apart->input(input.name), training_->input(input.name), input.type.bytes());
  }
  const std::string first = apart->first_not_finite();
  const double loss = read_scalar(*training_, "loss");
  fail(Code::numerical, "step ", step_ + 1, ": the ", std::isfinite(loss) ? "gradient or what it makes of the weights" : "loss",
       " is not finite", first.empty() ? "" : "; first in ", first,
       ". The weights of the step before are kept; a lower training.learning_rate or a "
       "training.clip_norm may help");
}

void Trainer::validate() {
  if (validation_) {
    double loss = 0;
    double weight = 0;
    const auto count = static_cast<int64_t>(validation_rows_.size());
    for (int64_t first = 0; first < count; first += options_.batch) {
      gather(*validation_, validation_rows_.data() + first, std::min(options_.batch, count - first));
      validation_->run(&pool_);
      loss += read_scalar(*validation_, "loss");
      weight += read_scalar(*validation_, "weight");
    }
    validation_loss_ = loss / weight;
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
                      validation_loss_, options_.learning_rate_at(step_ - 1, steps_)});
  loss_sum_ = 0;
  loss_count_ = 0;
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

const void* Trainer::parameters() const {
  return has_best_ ? best_.data() : judged().data();
}

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
  return out.dump();
}

}  // namespace castalia
