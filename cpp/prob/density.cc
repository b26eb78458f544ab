#include "cpp/prob/density.h"

#include <cmath>
#include <numbers>

#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

struct MixtureParameters {
  Value logits;      // (1, components)
  Value centres;     // (components, features)
  Value log_widths;  // (components, features)
};

MixtureParameters mixture_parameters(Trace& trace, int64_t features, int64_t components) {
  // Centres that differ, so that the components can come to differ.
  return {trace.parameter("logits", {1, components}, Initializer::zeros),
          trace.parameter("centres", {components, features}, Initializer::glorot_uniform),
          trace.parameter("log_widths", {components, features}, Initializer::zeros)};
}

struct NormalParameters {
  Value centre;     // (rows, features)
  Value log_width;  // (rows, features)
};

NormalParameters conditional_parameters(Trace& trace, int64_t features, Value context) {
  const Value all = linear(trace, "linear", context, 2 * features, Initializer::zeros);
  return {slice(all, 1, 0, features), slice(all, 1, features, 2 * features)};
}

}  // namespace

Value normal_log_prob(Value z) {
  const double log_normalisation =
      -0.5 * static_cast<double>(z.columns()) * std::log(2 * std::numbers::pi);
  return sum(square(cast(z, DType::float64)), {1}, true) * -0.5 + log_normalisation;
}

Value normal_sample(Trace& trace, int64_t rows, int64_t features, int64_t stage) {
  return random_normal(trace.seed, trace.first_event, rows, features, stage, trace.dtype());
}

double uniform_log_prob(int64_t features, double bound) {
  return -static_cast<double>(features) * std::log(2 * bound);
}

Value uniform_sample(Trace& trace, int64_t rows, int64_t features, double bound, int64_t stage) {
  const Value u =
      random_uniform(trace.seed, trace.first_event, rows, features, stage, trace.dtype());
  return (u - 0.5) * (2 * bound);
}

Value mixture_log_prob(Trace& trace, Value z, int64_t components) {
  const MixtureParameters p = mixture_parameters(trace, z.columns(), components);
  const Value logits = cast(p.logits, DType::float64);
  const Value log_widths = cast(p.log_widths, DType::float64);
  const Value points = reshape(cast(z, DType::float64), Shape{z.rows(), 1, z.columns()});
  const Value residuals = (points - cast(p.centres, DType::float64)) * exp(negate(log_widths));
  const double log_normalisation =
      -0.5 * static_cast<double>(z.columns()) * std::log(2 * std::numbers::pi);
  const Value log_weights = logits - logsumexp(logits) + log_normalisation;
  const Value volumes = reshape(sum(log_widths, {1}), Shape{1, components});
  return logsumexp(log_weights - volumes - 0.5 * sum(square(residuals), {2}, false));
}

Value mixture_sample(Trace& trace, int64_t rows, int64_t features, int64_t components,
                     int64_t component_stage, int64_t stage) {
  const MixtureParameters p = mixture_parameters(trace, features, components);
  const Value which = random_categorical(
      trace.seed, trace.first_event, broadcast_to(p.logits, {rows, components}), component_stage);
  const Value picked = one_hot(which, components, trace.dtype());
  const Value widths = matmul(picked, exp(p.log_widths));
  return matmul(picked, p.centres) + widths * normal_sample(trace, rows, features, stage);
}

Value conditional_normal_log_prob(Trace& trace, Value z, Value context) {
  const NormalParameters p = conditional_parameters(trace, z.columns(), context);
  const Value log_width = cast(p.log_width, DType::float64);
  const Value residual = cast(z - p.centre, DType::float64) * exp(negate(log_width));
  return normal_log_prob(residual) - sum(log_width, {1}, true);
}

Value conditional_normal_sample(Trace& trace, int64_t features, Value context, int64_t stage) {
  const NormalParameters p = conditional_parameters(trace, features, context);
  return p.centre + exp(p.log_width) * normal_sample(trace, context.rows(), features, stage);
}

}  // namespace castalia
