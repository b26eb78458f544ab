#include "cpp/train/objective.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/status.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"
#include "cpp/train/evaluation_workspace.h"

namespace castalia {
namespace {

constexpr DType kDouble = DType::float64;
// Weights of a classifier stay within exp(+-4 power): one that is sure of itself early on must not
// leave a handful of events to learn from.
constexpr double kMostLogit = 4;

bool through_draws(Estimator estimator) {
  return estimator == Estimator::path || estimator == Estimator::total;
}

Value target_losses(const StepGraphRequest& request, Trace& trace, Value context) {
  Graph& graph = trace.graph();
  Network& network = request.network;
  const int64_t rows = request.options.batch;
  const Shape points{rows, network.features()};
  const Value value = graph.input("value", {kDouble, {rows, 1}});
  if (!through_draws(request.estimator)) {
    const Value x = graph.input("draws", {kDouble, points});
    const Value coefficient = graph.input("coefficient", {kDouble, {rows, 1}});
    return with_slope_of(value, coefficient * network.log_prob(trace, x, context));
  }
  const auto pulled = [&](Value x) {
    return sum(graph.input("pull", {kDouble, points}) * x, {1}, true);
  };
  if (request.estimator == Estimator::path) {
    return with_slope_of(value, pulled(network.sample(trace, rows, context)));
  }
  const auto [x, log_prob] = network.sample_with_log_prob(trace, rows, context);
  return with_slope_of(value, log_prob + pulled(x));
}

// The logarithm of p(x) / q(x) as a classifier of events and draws sees it, (rows, 1).
Value classified(Trace& trace, const TrainingOptions& options, Value rows) {
  const Trace::Part part(trace, "classifier");
  return mlp(trace, rows,
             {.hidden = options.classifier_hidden,
              .hidden_layers = options.classifier_layers,
              .outputs = 1,
              .activation = "leaky_relu",
              .zero_last = true});
}

// Both learn in one step, each from its own part of the sum. arXiv 2110.13632
Value classifier_losses(const StepGraphRequest& request, Trace& trace, Value x, Value context) {
  Network& network = request.network;
  const TrainingOptions& options = request.options;
  const Value drawn = stop_gradient(network.sample(trace, options.batch, context));
  const auto ratio = [&](Value rows) {
    return cast(classified(trace, options, network.preprocessed(trace, rows, context)), kDouble);
  };
  const Value of_events = ratio(x);
  const Value of_draws = ratio(drawn);
  const Value weight =
      exp(options.classifier_power * clamp(stop_gradient(of_events), -kMostLogit, kMostLogit));
  return weight * network.loss(trace, x, context) + softplus(negate(of_events)) +
         softplus(of_draws);
}

void copy_to(Workspace& workspace, const char* name, std::span<const double> values) {
  std::memcpy(workspace.input(name), values.data(), values.size_bytes());
}

}  // namespace

bool has_target(Objective objective) {
  return objective != Objective::likelihood && objective != Objective::classifier;
}

Estimator estimator_of(const Network& network, const Target& target,
                       const TrainingOptions& options) {
  if (options.objective == Objective::forward_kl || options.objective == Objective::variance) {
    return Estimator::score;
  }
  if (options.estimator != Estimator::automatic) return options.estimator;
  return target.has_gradient() && network.sample_is_differentiable() ? Estimator::total
                                                                     : Estimator::score;
}

bool reads_events(Objective objective) {
  return !has_target(objective) || objective == Objective::symmetric_kl;
}

ParameterTable training_table(Network& network, const ParameterTable& table, DType dtype,
                              const TrainingOptions& options) {
  if (options.objective != Objective::classifier) return table;
  ParameterTable own = table.reopened();
  Graph graph;
  Trace trace(graph, own, Value(), dtype);
  const auto rows = [&](const char* name, int64_t columns) {
    return columns > 0 ? graph.input(name, {kDouble, {1, columns}}) : Value();
  };
  const Value context = rows("context", network.context_features());
  classified(trace, options, network.preprocessed(trace, rows("x", network.features()), context));
  own.close();
  return own;
}

Value objective_losses(const StepGraphRequest& request, Trace& trace, Value x, Value context) {
  const auto likelihood = [&] { return request.network.loss(trace, x, context); };
  switch (request.options.objective) {
    case Objective::likelihood: return likelihood();
    case Objective::classifier: return classifier_losses(request, trace, x, context);
    case Objective::symmetric_kl: {
      const double share = request.options.likelihood_share;
      return share * likelihood() + (1 - share) * target_losses(request, trace, context);
    }
    default: return target_losses(request, trace, context);
  }
}

void check_objective(const Network& network, const Target* target, const TrainingOptions& options) {
  const auto objective = [&] {
    return text("training.objective = '", options.objective_name, "'");
  };
  if (!has_target(options.objective)) {
    if (target != nullptr) {
      fail(Code::invalid_argument, objective(),
           " learns from events alone, but a target is given; take reverse_kl, forward_kl, "
           "variance or symmetric_kl");
    }
    if (options.objective == Objective::classifier && !network.can(Capability::sample)) {
      fail(Code::unsupported, objective(), " needs a model that samples");
    }
    return;
  }
  if (target == nullptr) fail(Code::invalid_argument, objective(), " needs a target");
  if (!network.can(Capability::sample) || !network.can(Capability::log_prob)) {
    fail(Code::unsupported, objective(), " needs a model with sample and log_prob");
  }
  if (target->features() != network.features()) {
    fail(Code::shape_mismatch, "the target has ", target->features(), " features, the model ",
         network.features());
  }
  const Estimator estimator = estimator_of(network, *target, options);
  if (through_draws(estimator)) {
    if (!target->has_gradient()) {
      fail(Code::invalid_argument, "training.estimator = '", options.estimator_name,
           "' needs the target's gradient, and the target gives none; 'score' does without");
    }
    if (!network.sample_is_differentiable()) {
      fail(Code::unsupported, "training.estimator = '", options.estimator_name,
           "' differentiates the draws, and those of this model choose between possibilities or "
           "take too many passes; 'score' does without");
    }
  } else if (options.objective != Objective::forward_kl &&
             options.objective != Objective::variance && options.batch < 2) {
    fail(Code::out_of_range,
         "training.batch is 1, and training.estimator 'score' compares draws: 2 or more");
  }
}

TargetDraws::TargetDraws(Network& network, ParameterTable& table, DType dtype,
                         const TrainingOptions& options, std::shared_ptr<Target> target,
                         int threads, std::shared_ptr<Arena> arena)
    : rows_(options.batch),
      features_(network.features()),
      context_features_(network.context_features()),
      objective_(options.objective),
      target_(std::move(target)) {
  check_objective(network, target_.get(), options);
  estimator_ = estimator_of(network, *target_, options);
  Graph graph;
  graph.set_whole_rows(device_of(arena) != nullptr);
  const Value flat = graph.state("parameters", {dtype, {table.count()}});
  Trace trace(graph, table, flat, dtype);
  trace.seed = graph.input("seed", {DType::int64, {}});
  trace.first_event = graph.input("first_event", {DType::int64, {}});
  const Value context = context_features_ > 0
                            ? graph.input("context", {kDouble, {rows_, context_features_}})
                            : Value();
  if (estimator_ == Estimator::path) {
    const Value x = network.sample(trace, rows_, context);
    trace.seed = trace.first_event = {};  // a density has no chance in it
    const Value log_prob = network.log_prob(trace, x, context);
    const Value ones = broadcast_to(graph.scalar(1.0, kDouble), log_prob.shape());
    graph.output("x", x);
    graph.output("log_prob", log_prob);
    graph.output("log_prob_gradient", vjp({&log_prob, 1}, {&ones, 1}, {&x, 1})[0]);
  } else {
    const auto [x, log_prob] = network.sample_with_log_prob(trace, rows_, context);
    graph.output("x", x);
    graph.output("log_prob", log_prob);
  }
  proposal_ = evaluation_workspace(graph, threads, std::move(arena));
  const auto rows = static_cast<size_t>(rows_);
  const auto points = static_cast<size_t>(rows_ * features_);
  for (std::vector<double>* each :
       {&log_prob_, &log_target_, &log_weights_, &values_, &coefficients_}) {
    each->resize(rows);
  }
  points_.resize(points);
  if (through_draws(estimator_)) {
    pulls_.resize(points);
    target_gradient_.resize(points);
  }
}

void TargetDraws::draw(ThreadPool& pool, uint64_t seed, int64_t first_event) {
  *static_cast<int64_t*>(proposal_->input("seed")) = static_cast<int64_t>(seed);
  *static_cast<int64_t*>(proposal_->input("first_event")) = first_event;
  proposal_->run(&pool);
  std::memcpy(points_.data(), proposal_->output("x"), points_.size() * sizeof(double));
  std::memcpy(log_prob_.data(), proposal_->output("log_prob"), log_prob_.size() * sizeof(double));
  const auto finite = [](double value) { return std::isfinite(value); };
  if (!std::all_of(points_.begin(), points_.end(), finite) ||
      !std::all_of(log_prob_.begin(), log_prob_.end(), finite)) {
    fail(Code::numerical, "the model's draws or their densities are not finite");
  }
  std::span<const double> context;
  if (context_features_ > 0) {
    context = {static_cast<const double*>(proposal_->input("context")),
               static_cast<size_t>(rows_ * context_features_)};
  }
  evaluate_target(*target_, {.rows = rows_,
                             .x = points_,
                             .context = context,
                             .log_density = log_target_,
                             .gradient = target_gradient_});
  judge();
}

void TargetDraws::judge() {
  for (size_t i = 0; i < log_weights_.size(); ++i) log_weights_[i] = log_target_[i] - log_prob_[i];
  if (objective_ == Objective::reverse_kl || objective_ == Objective::symmetric_kl) {
    for (size_t i = 0; i < log_weights_.size(); ++i) {
      if (std::isfinite(log_weights_[i])) continue;
      fail(Code::numerical, "the target is zero at draw ", i,
           ": the reverse divergence needs one that is positive wherever the model draws; "
           "forward_kl and variance take such targets");
    }
  }
  if (through_draws(estimator_)) {
    const bool path = estimator_ == Estimator::path;
    set_pulls(path ? static_cast<const double*>(proposal_->output("log_prob_gradient")) : nullptr);
    for (size_t i = 0; i < values_.size(); ++i) values_[i] = -log_weights_[i];
  } else {
    set_coefficients();
  }
  sums_.add(log_weights_);
  drawn_ = true;
}

void TargetDraws::set_pulls(const double* log_prob_gradient) {
  for (size_t i = 0; i < pulls_.size(); ++i) {
    pulls_[i] = (log_prob_gradient == nullptr ? 0.0 : log_prob_gradient[i]) - target_gradient_[i];
  }
}

void TargetDraws::set_coefficients() {
  const auto n = static_cast<double>(rows_);
  if (objective_ == Objective::reverse_kl || objective_ == Objective::symmetric_kl) {
    double mean = 0;
    for (const double log_weight : log_weights_) mean -= log_weight / n;
    for (size_t i = 0; i < values_.size(); ++i) {
      values_[i] = -log_weights_[i];
      coefficients_[i] = n / (n - 1) * (values_[i] - mean);
    }
    return;
  }
  ImportanceSums batch;
  batch.add(log_weights_);
  const double log_mean = batch.log_z();
  if (!std::isfinite(log_mean)) {
    fail(Code::numerical, "none of ", rows_, " draws lies where the target is positive");
  }
  for (size_t i = 0; i < values_.size(); ++i) {
    const double weight = std::exp(log_weights_[i] - log_mean);
    if (objective_ == Objective::variance) {
      values_[i] = weight * weight - 1;
      coefficients_[i] = -weight * weight;
    } else {
      values_[i] = weight > 0 ? weight * (log_weights_[i] - log_mean) : 0.0;
      coefficients_[i] = -weight;
    }
  }
}

void TargetDraws::fill(Workspace& step) const {
  copy_to(step, "value", values_);
  if (through_draws(estimator_)) {
    copy_to(step, "pull", pulls_);
  } else {
    copy_to(step, "draws", points_);
    copy_to(step, "coefficient", coefficients_);
  }
}

}  // namespace castalia
