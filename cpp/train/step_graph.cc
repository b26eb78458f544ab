#include "cpp/train/step_graph.h"

#include <vector>

#include "cpp/autodiff/gradient.h"
#include "cpp/nn/demands.h"
#include "cpp/ops/ops.h"
#include "cpp/train/objective.h"
#include "cpp/train/optimiser.h"

namespace castalia {
namespace {

constexpr DType kDouble = DType::float64;

class StepGraph {
 public:
  enum class Purpose { training, validation };

  StepGraph(const StepGraphRequest& request, Graph& graph, Purpose purpose = Purpose::training)
      : request_(request),
        graph_(graph),
        flat_(graph.state("parameters", {request.dtype, {request.table.count()}})),
        trace_(graph, request.table, flat_, request.dtype) {
    const int64_t rows = request.options.batch;
    const bool validates = purpose == Purpose::validation;
    const Value x = validates || reads_events(request.options.objective)
                        ? graph.input("x", {kDouble, {rows, request.network.features()}})
                        : Value();
    const int64_t width = request.network.context_features();
    const Value context = width > 0 ? graph.input("context", {kDouble, {rows, width}}) : Value();
    weight_ = graph.input("weight", {kDouble, {rows, 1}});
    trace_.seed = graph.input("seed", {DType::int64, {}});
    trace_.first_event = graph.input("first_event", {DType::int64, {}});
    const Value losses = validates ? request.network.loss(trace_, x, context)
                                   : objective_losses(request, trace_, x, context);
    weighted_ = losses * weight_;
    if (request.explains) output_demands(trace_, graph);
  }

  Value flat() const { return flat_; }
  Value loss_sum() const { return sum(weighted_, {0, 1}, false); }
  Value weight_sum() const { return sum(weight_, {0, 1}, false); }
  Value loss_part() const { return loss_sum() * graph_.input("inverse_weight", {kDouble, {}}); }
  Value gradient_sum() const { return graph_.state("gradient_sum", flat_.type()); }

  // With respect to all parameters, flat.
  Value flat_gradient(Value loss) {
    std::vector<Value> parameters;
    for (const Parameter& each : request_.table.parameters()) {
      parameters.push_back(trace_.parameter(each.name, each.shape, each.initializer));
    }
    std::vector<Value> pieces;
    for (const Value& g : gradient(loss, parameters)) {
      pieces.push_back(reshape(g, Shape{g.shape().count()}));
    }
    return concat(pieces, 0);
  }

 private:
  const StepGraphRequest& request_;
  Graph& graph_;
  Value flat_;
  Trace trace_;
  Value weight_;
  Value weighted_;
};

}  // namespace

void trace_step(const StepGraphRequest& request, Graph& graph) {
  StepGraph step(request, graph);
  const TrainingOptions& options = request.options;
  const bool last_of_many = options.accumulate > 1;
  const Value loss = last_of_many ? step.loss_part() : step.loss_sum() / step.weight_sum();
  graph.output("loss", loss);
  Value gradient = step.flat_gradient(loss);
  if (last_of_many) gradient = step.gradient_sum() + gradient;
  const auto factors = [&](const char* state, const std::vector<double>& of_groups) {
    return of_groups.empty() ? Value() : graph.state(state, step.flat().type());
  };
  trace_update(graph, options,
               {.loss = loss,
                .weights = step.flat(),
                .gradient = gradient,
                .rate_factors = factors("rate_factors", options.group_rates),
                .decay_factors = factors("decay_factors", options.group_decays)});
}

void trace_part(const StepGraphRequest& request, Graph& graph) {
  StepGraph step(request, graph);
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
