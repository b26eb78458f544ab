// Densities that a model starts from: the latent variables of a flow.
#ifndef CASTALIA_CPP_PROB_DENSITY_H_
#define CASTALIA_CPP_PROB_DENSITY_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"

namespace castalia {

// The log-density, in float64 (rows, 1), of independent standard normal columns.
Value normal_log_prob(Value z);

// Draws of it in the trace's element type, (rows, features): events first_event .. first_event +
// rows of the trace's seed. The stage (cpp/nn/stages.h) says what the numbers are for.
Value normal_sample(Trace& trace, int64_t rows, int64_t features, int64_t stage);

// The logarithm of the density of independent columns uniform on [-bound, bound]. It is the same
// everywhere inside, and the caller keeps z inside.
double uniform_log_prob(int64_t features, double bound);

Value uniform_sample(Trace& trace, int64_t rows, int64_t features, double bound, int64_t stage);

// A mixture of so many Gaussians with diagonal covariance, whose weights, centres and widths are
// the parameters "logits", "centres" and "log_widths". Draws take the component from one stage and
// the rest from another.
Value mixture_log_prob(Trace& trace, Value z, int64_t components);
Value mixture_sample(Trace& trace, int64_t rows, int64_t features, int64_t components,
                     int64_t component_stage, int64_t stage);

// A Gaussian with diagonal covariance, whose centre and logarithms of widths are linear in the
// context (rows, context features); first the standard normal density.
Value conditional_normal_log_prob(Trace& trace, Value z, Value context);
Value conditional_normal_sample(Trace& trace, int64_t features, Value context, int64_t stage);

}  // namespace castalia

#endif  // CASTALIA_CPP_PROB_DENSITY_H_
