// The update of all weights at once, as part of the training Program.
#ifndef CASTALIA_CPP_TRAIN_OPTIMISER_H_
#define CASTALIA_CPP_TRAIN_OPTIMISER_H_

#include <array>
#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"
#include "cpp/train/options.h"

namespace castalia {

// Weights that a step sets, whatever the optimiser would do: from `first` on they become `value`.
struct Stretch {
  int64_t first;
  Value value;  // flat, of their type
};

// What trace_update() reads: the flat weights (a state) and their gradient, of one type; the loss,
// which must be finite for the step to count; and what each weight's learning rate and its weight
// decay are multiplied by, null where that is one for all.
struct UpdateRequest {
  Value loss;
  Value weights;
  Value gradient;
  Value rate_factors;
  Value decay_factors;
  std::vector<Stretch> statistics = {};  // in their order (Trace::statistic)
  double limit = 0;                      // new weights are cut to +- this; 0: not cut
  bool keeps_mean = true;                // where options.ema asks for it
};

// Assigns the weights what one step of the optimiser makes of them, after clipping the gradient by
// its norm, and the states "first_moment", "second_moment" (of the weights' type, zero at first;
// which of them there are depends on the optimiser) and "ema". The output "good", of the weights'
// element type, is 1; or 0 when the loss, the gradient or the new weights are not finite: then
// nothing changes. "gradient_norm", float64, is that before clipping. The inputs, scalars of the
// weights' type, are those of step_numbers(). Not for lbfgs.
//
// With g the clipped gradient, w the weights, m and v the moments, R the learning rate, b1 and b2
// beta1 and beta2, e epsilon and d weight_decay (times its factor); "d: g" stands for g <- g + d w
//   first: sgd       d: g, m <- momentum m + g, w <- w - R m; nesterov: w - R (g + momentum m)
//   adam      d: g, m <- b1 m + (1 - b1) g, v <- b2 v + (1 - b2) g^2,
//             w <- w - R m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + e) in step t
//   adamw     as adam without d: g; and w <- w - R d w
//   rmsprop   d: g, v <- b2 v + (1 - b2) g^2, m <- momentum m + g / (sqrt(v) + e), w <- w - R m
//   adagrad   d: g, v <- v + g^2, w <- w - R g / (sqrt(v) + e)
//   adadelta  d: g, v <- b2 v + (1 - b2) g^2, s = sqrt(m + e) / sqrt(v + e) g,
//             m <- b2 m + (1 - b2) s^2, w <- w - R s
//   lion      w <- w - R (sign(b1 m + (1 - b1) g) + d w), m <- b2 m + (1 - b2) g
void trace_update(Graph& graph, const TrainingOptions& options, const UpdateRequest& request);

// The inputs of a step, counted from 1, with its learning rate. Some may have no name: not needed.
struct StepNumber {
  const char* name = nullptr;
  double value = 0;
  bool of_mean = false;  // of the running mean, for a learner that keeps one
};
std::array<StepNumber, 4> step_numbers(const TrainingOptions& options, int64_t step, double rate);

// The decay of the running mean of the weights in a step, counted from 1. Early on the mean runs
// over what there is, so that it does not remember the first weights.
double ema_decay(const TrainingOptions& options, int64_t step);

// What each weight's learning rate, or its weight decay, is multiplied by: group_rates,
// group_decays. Empty where these are. An Error (not_found) when a pattern fits no parameter.
std::vector<double> rate_factors(const TrainingOptions& options, const ParameterTable& table);
std::vector<double> decay_factors(const TrainingOptions& options, const ParameterTable& table);

}  // namespace castalia

#endif  // CASTALIA_CPP_TRAIN_OPTIMISER_H_
