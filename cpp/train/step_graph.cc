#include "cpp/train/step_graph.h"

#include <string>
#include <vector>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/status.h"
#include "cpp/nn/demands.h"
#include "cpp/ops/ops.h"
#include "cpp/train/adversarial.h"
#include "cpp/train/objective.h"
#include "cpp/train/optimiser.h"

namespace castalia {
namespace {

constexpr DType kDouble = DType::float64;
constexpr double kLeastWeight = 1e-300;

class StepGraph {
 public:
  enum class Purpose { training, validation };

  StepGraph(const StepGraphRequest& request, Graph& graph, Purpose purpose = Purpose::training)
      : request_(request),
        graph_(graph),
        split_(critic_begin(request.table)),
        trace_(trace_with_states(graph, request.table, request.dtype)) {
    const int64_t rows = request.options.batch;
    const bool validates = purpose == Purpose::validation;
    trace_.training = !validates;
    const Value x = validates || reads_events(request.options.objective)
                        ? graph.input("x", {kDouble, {rows, request.network.features()}})
                        : Value();
    const int64_t width = request.network.context_features();
    const Value context = width > 0 ? graph.input("context", {kDouble, {rows, width}}) : Value();
    weight_ = graph.input("weight", {kDouble, {rows, 1}});
    trace_.seed = graph.input("seed", {DType::int64, {}});
    trace_.first_event = graph.input("first_event", {DType::int64, {}});
    side_.loss = validates ? request.network.loss(trace_, x, context) : losses(x, context);
    weighted_ = side_.loss * weight_;
    if (request.explains) output_demands(trace_, graph);
  }

  // The parameters that learn, flat.
  Value weights() const {
    return request_.side == Side::critic
               ? graph_.state(kCriticParameters,
                              {request_.dtype, {request_.table.count() - split_}})
               : graph_.state(kParameters, {request_.dtype, {split_}});
  }
  Value loss_sum() const { return sum(weighted_, {0, 1}, false); }
  // Events that all have weight 0 teach nothing, and do no harm.
  Value weight_sum() const {
    return maximum(sum(weight_, {0, 1}, false), graph_.scalar(kLeastWeight, kDouble));
  }
  Value loss_part() const { return loss_sum() * graph_.input("inverse_weight", {kDouble, {}}); }
  Value gradient_sum() const { return graph_.state("gradient_sum", weights().type()); }

  // With respect to the parameters that learn, flat.
  Value flat_gradient(Value loss) {
    std::vector<Value> parameters;
    for (const Parameter& each : request_.table.parameters()) {
      if (!learns(each) || !each.trainable) continue;
      parameters.push_back(trace_.parameter(each.name, each.shape, each.initializer));
    }
    const std::vector<Value> gradients = gradient(loss, parameters);
    std::vector<Value> pieces;
    size_t next = 0;
    for (const Parameter& each : request_.table.parameters()) {
      if (!learns(each)) continue;
      const Shape flat{each.shape.count()};
      pieces.push_back(each.trainable ? reshape(gradients[next++], flat)
                                      : broadcast_to(graph_.scalar(0, request_.dtype), flat));
    }
    return concat(pieces, 0);
  }

  // The statistics among them.
  std::vector<Stretch> statistics() const {
    const Value weights = this->weights();
    std::vector<Stretch> all;
    for (const Parameter& each : request_.table.parameters()) {
      if (!learns(each) || each.trainable) continue;
      const int64_t first = each.offset - (request_.side == Side::critic ? split_ : 0);
      const auto updated = trace_.updates.find(each.offset);
      all.push_back({first, updated != trace_.updates.end()
                                ? updated->second
                                : slice(weights, 0, first, first + each.shape.count())});
    }
    return all;
  }

  // What is told of a step besides its loss.
  void report() {
    if (request_.side != Side::critic) return;
    const auto mean_of = [this](Value rows) {
      return rows ? sum(rows * weight_, {0, 1}, false) / weight_sum() : graph_.scalar(0, kDouble);
    };
    graph_.output("penalty", mean_of(side_.penalty));
    graph_.output("told_apart", mean_of(side_.told_apart));
  }

 private:
  bool learns(const Parameter& parameter) const {
    return (parameter.offset >= split_) == (request_.side == Side::critic);
  }

  Value losses(Value x, Value context) {
    if (request_.side == Side::whole) return objective_losses(request_, trace_, x, context);
    const Adversarial::Contest contest =
        request_.network.adversarial()->contest(trace_, x, context);
    if (request_.side == Side::generator) return generator_side(contest, request_.options).loss;
    side_ = critic_side(trace_, contest, request_.options);
    return side_.loss;
  }

  const StepGraphRequest& request_;
  Graph& graph_;
  int64_t split_;  // where the critic's parameters begin
  Trace trace_;
  Value weight_;
  SideLoss side_;
  Value weighted_;
};

}  // namespace

int64_t critic_begin(const ParameterTable& table) {
  const std::string prefix = text(kCritic, ".");
  int64_t begin = table.count();
  for (const Parameter& each : table.parameters()) {
    const bool of_critic = each.name.starts_with(prefix);
    check(of_critic || begin == table.count(), "parameter '", each.name,
          "' is declared behind those of the critic");
    if (of_critic && begin == table.count()) begin = each.offset;
  }
  return begin;
}

Trace trace_with_states(Graph& graph, ParameterTable& table, DType dtype) {
  const int64_t split = critic_begin(table);
  Trace trace(graph, table, graph.state(kParameters, {dtype, {split}}), dtype);
  if (split < table.count()) {
    trace.split(split, graph.state(kCriticParameters, {dtype, {table.count() - split}}));
  }
  return trace;
}

void trace_step(const StepGraphRequest& request, Graph& graph) {
  StepGraph step(request, graph);
  const TrainingOptions& options = request.options;
  const bool last_of_many = options.accumulate > 1;
  const Value loss = last_of_many ? step.loss_part() : step.loss_sum() / step.weight_sum();
  graph.output("loss", loss);
  step.report();
  Value gradient = step.flat_gradient(loss);
  if (last_of_many) gradient = step.gradient_sum() + gradient;
  const Value weights = step.weights();
  const auto factors = [&](const char* state, const std::vector<double>& of_groups) {
    return of_groups.empty() ? Value() : graph.state(state, weights.type());
  };
  const bool of_critic = request.side == Side::critic;
  trace_update(graph, options,
               {.loss = loss,
                .weights = weights,
                .gradient = gradient,
                .rate_factors = factors("rate_factors", options.group_rates),
                .decay_factors = factors("decay_factors", options.group_decays),
                .statistics = step.statistics(),
                .limit = of_critic ? options.critic_clip : 0.0,
                .keeps_mean = !of_critic});
}

void trace_part(const StepGraphRequest& request, Graph& graph) {
  StepGraph step(request, graph);
  check(request.options.optimiser != OptimiserKind::lbfgs || step.statistics().empty(),
        "lbfgs leaves statistics where they are");
  const Value loss = step.loss_part();
  graph.output("loss", loss);
  const Value gradient = step.flat_gradient(loss);
  graph.assign(step.gradient_sum(), step.gradient_sum() + gradient);
  const Value norm2 = sum(square(cast(gradient, kDouble)), {0}, false);
  graph.output("good", cast(is_finite(loss) * is_finite(norm2), request.dtype));
}

void trace_validation(const StepGraphRequest& request, Graph& graph) {
  const StepGraph step(request, graph, StepGraph::Purpose::validation);
  graph.output("loss", step.loss_sum());
  graph.output("weight", step.weight_sum());
}

}  // namespace castalia
