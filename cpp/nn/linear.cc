#include "cpp/nn/linear.h"

#include <vector>

#include "cpp/base/status.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

struct Activation {
  std::string name;
  Value (*apply)(Value);
};

const std::vector<Activation>& activations() {
  static const std::vector<Activation> table = {
      {"relu", [](Value x) { return relu(x); }},
      {"leaky_relu", [](Value x) { return leaky_relu(x); }},
      {"elu", [](Value x) { return elu(x); }},
      {"silu", [](Value x) { return silu(x); }},
      {"gelu", [](Value x) { return gelu(x); }},
      {"softplus", [](Value x) { return softplus(x); }},
      {"tanh", [](Value x) { return tanh(x); }},
      {"sigmoid", [](Value x) { return sigmoid(x); }},
  };
  return table;
}

// Rectifiers halve the variance of what passes them, which their layers' first weights make good.
Initializer initializer_for(const std::string& activation) {
  return activation == "tanh" || activation == "sigmoid" ? Initializer::glorot_uniform
                                                         : Initializer::he_uniform;
}

}  // namespace

std::span<const std::string> activation_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Activation& each : activations()) list.push_back(each.name);
    return list;
  }();
  return names;
}

Value activation(const std::string& name, Value x) {
  for (const Activation& each : activations()) {
    if (each.name == name) return each.apply(x);
  }
  fail(Code::not_found, "unknown activation '", name, "'", suggestion(name, activation_names()));
}

Value linear(Trace& trace, const std::string& name, Value x, int64_t outputs, Initializer weight) {
  const Trace::Part part(trace, name);
  const Value w = trace.parameter("weight", {x.columns(), outputs}, weight);
  const Value b = trace.parameter("bias", {outputs}, Initializer::zeros);
  return matmul(x, w) + b;
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
