// The graphs of training: what is compiled and run for each batch.
#ifndef CASTALIA_CPP_TRAIN_STEP_GRAPH_H_
#define CASTALIA_CPP_TRAIN_STEP_GRAPH_H_

#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"
#include "cpp/train/options.h"

namespace castalia {

// Who learns: all parameters from one loss, or of an adversarial network the generator's alone or
// the critic's alone, each from its own.
enum class Side { whole, generator, critic };

struct StepGraphRequest {
  Network& network;
  ParameterTable& table;  // closed
  DType dtype;            // of the parameters
  const TrainingOptions& options;
  Estimator estimator = Estimator::automatic;  // as estimator_of() gives it, with a target
  Side side = Side::whole;
  bool explains = false;  // also puts out what the network demands of rows (cpp/nn/demands.h)
};

// All three read the inputs "x" (batch, features) where the objective reads events, "context"
// (batch, context features) where the network has one, "weight" (batch, 1), float64, "seed" and
// "first_event" (int64 scalars: what the loss draws for row i is drawn for event first_event + i),
// and the state "parameters", of an adversarial network also "critic_parameters", the critic's;
// with a target the first two read what TargetDraws::fill() writes. "loss" is a float64 scalar.

// The names of the two states.
inline constexpr char kParameters[] = "parameters";
inline constexpr char kCriticParameters[] = "critic_parameters";

// Where the critic's parameters begin in the flat tensor; the end of it where there is no critic.
int64_t critic_begin(const ParameterTable& table);

// A trace of the network whose parameters are those states.
Trace trace_with_states(Graph& graph, ParameterTable& table, DType dtype);

// The weighted mean of the loss, its gradient and the optimiser's update. With options.accumulate
// above 1 this is the last of the batches of a step: the gradient of those before is in the state
// "gradient_sum", and the loss is this batch's part, for which the input "inverse_weight" holds 1
// over the weight of all; statistics (Trace::statistic) are then those of this batch. Outputs:
// "loss", those of trace_update(), and of a critic "penalty", the regularisers' part of the loss,
// and "told_apart", the share of the rows whose true event it finds truer than the made one; both
// float64 scalars.
void trace_step(const StepGraphRequest& request, Graph& graph);

// One of the batches before the last: adds the gradient of its part to the state "gradient_sum".
// Outputs: "loss", and "good" (of the parameters' type), 1 when loss and gradient are finite, else
// 0.
void trace_part(const StepGraphRequest& request, Graph& graph);

// Of the network's own loss, whatever the objective is. Outputs: "loss", the weighted sum over the
// rows, and "weight", that of the weights.
void trace_validation(const StepGraphRequest& request, Graph& graph);

}  // namespace castalia

#endif  // CASTALIA_CPP_TRAIN_STEP_GRAPH_H_
