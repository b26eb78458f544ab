#include "cpp/nn/linear.h"

#include "cpp/base/text.h"
#include "cpp/nn/spectral.h"
#include "cpp/ops/ops.h"

namespace castalia {

Initializer initializer_for(const std::string& activation) {
  return activation == "tanh" || activation == "sigmoid" ? Initializer::glorot_uniform
                                                         : Initializer::he_uniform;
}

Value linear(Trace& trace, const std::string& name, Value x, int64_t outputs, Initializer weight,
             Initializer bias) {
  const Trace::Part part(trace, name);
  const Value w = trace.parameter("weight", {x.columns(), outputs}, weight);
  const Value b = trace.parameter("bias", {outputs}, bias, x.columns());
  return matmul(x, w) + b;
}

Value spectral_linear(Trace& trace, const std::string& name, Value x, int64_t outputs,
                      Initializer weight) {
  const Trace::Part part(trace, name);
  const Value w = trace.parameter("weight", {x.columns(), outputs}, weight);
  const Value b = trace.parameter("bias", {outputs}, Initializer::zeros);
  return matmul(x, spectrally_normalised(w)) + b;
}

Value modulated(Value x, Value maps) {
  const int64_t channels = x.columns();
  Shape of_row = x.shape();
  for (int axis = 1; axis + 1 < of_row.rank(); ++axis) of_row[axis] = 1;
  const auto half = [&](int64_t which) {
    return reshape(slice(maps, 1, which * channels, (which + 1) * channels), of_row);
  };
  return x * (1.0 + half(0)) + half(1);
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
  const Initializer hidden_weights =
      options.hidden_weight.value_or(initializer_for(options.activation));
  for (int64_t layer = 0; layer < options.hidden_layers; ++layer) {
    x = activation(options.activation, linear(trace, text("linear_", layer), x, options.hidden,
                                              hidden_weights, options.hidden_bias));
  }
  return linear(trace, text("linear_", options.hidden_layers), x, options.outputs,
                options.zero_last ? Initializer::zeros : Initializer::glorot_uniform);
}

}  // namespace castalia
