#include "cpp/nn/linear.h"

#include <cmath>

#include "cpp/base/text.h"
#include "cpp/ops/ops.h"

namespace castalia {

Initializer initializer_for(const std::string& activation) {
  return activation == "tanh" || activation == "sigmoid" ? Initializer::glorot_uniform
                                                         : Initializer::he_uniform;
}

Value linear(Trace& trace, const std::string& name, Value x, int64_t outputs, Initializer weight) {
  const Trace::Part part(trace, name);
  const Value w = trace.parameter("weight", {x.columns(), outputs}, weight);
  const Value b = trace.parameter("bias", {outputs}, Initializer::zeros);
  return matmul(x, w) + b;
}

Value spectral_linear(Trace& trace, const std::string& name, Value x, int64_t outputs,
                      Initializer weight) {
  constexpr int64_t kIterations = 4;
  constexpr double kLeastNorm = 1e-12;
  const Trace::Part part(trace, name);
  const int64_t inputs = x.columns();
  const Value w = trace.parameter("weight", {inputs, outputs}, weight);
  const Value b = trace.parameter("bias", {outputs}, Initializer::zeros);
  // No vector of the weights' own: the estimate is a function of the weights alone, and a step is
  // the same whatever came before it.
  const double element = 1.0 / std::sqrt(static_cast<double>(inputs));
  const Value start = broadcast_to(trace.graph().scalar(element, trace.dtype()), Shape{inputs});
  const Value sigma = spectral_norm(w, start, kIterations).sigma;
  return matmul(x, w * (1.0 / (sigma + kLeastNorm))) + b;
}

Value segment_linear(Trace& trace, const std::string& name, Value x, Value ids, int64_t segments,
                     int64_t outputs, Initializer weight) {
  const Trace::Part part(trace, name);
  const Value w = trace.parameter("weight", {x.columns(), segments * outputs}, weight);
  const Value b = trace.parameter("bias", {segments, outputs}, Initializer::zeros);
  return segment_matmul(x, reshape(w, Shape{segments, x.columns(), outputs}), ids) +
         embedding(b, ids);
}

Value mlp(Trace& trace, Value x, const MlpOptions& options) {
  const Initializer hidden_weights = initializer_for(options.activation);
  for (int64_t layer = 0; layer < options.hidden_layers; ++layer) {
    x = activation(options.activation,
                   linear(trace, text("linear_", layer), x, options.hidden, hidden_weights));
  }
  return linear(trace, text("linear_", options.hidden_layers), x, options.outputs,
                options.zero_last ? Initializer::zeros : Initializer::glorot_uniform);
}

}  // namespace castalia
