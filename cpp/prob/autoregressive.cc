#include "cpp/prob/autoregressive.h"

#include <algorithm>
#include <vector>

#include "cpp/autodiff/custom_gradient.h"
#include "cpp/autodiff/jvp.h"
#include "cpp/base/text.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/conditioner.h"

namespace castalia {

std::vector<int64_t> hidden_degrees(const AutoregressiveOptions& options, int64_t features,
                                    bool context) {
  std::vector<int64_t> degrees;
  const int64_t least = context || features == 1 ? 0 : 1;
  for (int64_t unit = 0; unit < options.hidden; ++unit) {
    degrees.push_back(options.degrees == "cyclic"
                          ? unit % std::max<int64_t>(1, features - 1) + (features > 1 ? 1 : 0)
                          : least + unit * (features - least) / options.hidden);
  }
  std::sort(degrees.begin(), degrees.end());
  return degrees;
}

AutoregressiveNetwork autoregressive_network(Trace& trace, int64_t features, Value context,
                                             int64_t parameters,
                                             const AutoregressiveOptions& options) {
  const Initializer weights = kConditionerWeight;
  const int64_t hidden = options.hidden;
  AutoregressiveNetwork network;
  network.activation = options.activation;
  network.degrees = hidden_degrees(options, features, static_cast<bool>(context));
  for (int64_t layer = 0; layer < options.hidden_layers; ++layer) {
    const Trace::Part part(trace, text("hidden_", layer));
    const int64_t inputs = layer == 0 ? features : hidden;
    const Value weight = trace.parameter("weight", {inputs, hidden}, weights);
    const Value bias = trace.parameter("bias", {hidden}, Initializer::bias_uniform, inputs);
    if (layer > 0) {
      network.further.push_back({weight, bias});
      continue;
    }
    network.first_weight = weight;
    network.first = reshape(bias, Shape{1, hidden});
  }
  if (context) {
    const Value added = linear(trace, "context", context, hidden, weights);
    network.first = network.first +
                    (options.context_activation ? activation(options.activation, added) : added);
  }
  const Trace::Part part(trace, "outputs");
  const int64_t outputs = features * parameters;
  network.last_weight = trace.parameter("weight", {hidden, outputs}, Initializer::zeros);
  network.last_bias = trace.parameter("bias", {outputs}, Initializer::zeros);
  return network;
}

Mapped autoregressive_forward(const AutoregressiveNetwork& network, const Transformer& transformer,
                              Value x) {
  const Mapped mapped = transformer.forward(x, network.params(x));
  return {mapped.value, row_total(mapped.log_abs_det)};
}

Mapped autoregressive_backward(const AutoregressiveNetwork& network, const Transformer& transformer,
                               Value y) {
  const auto [found, log_abs_det] =
      autoregressive_inverse(y, network, transformer.inverse_operator(), transformer.attributes());
  if (transformer.inverse_operator().no_gradient.empty()) return {found, row_total(log_abs_det)};
  // Searched for: the gradient is that of the implicit function, of which the Jacobian is a
  // triangle.
  std::vector<Value> given = {y, network.first_weight, network.first};
  for (const AutoregressiveNetwork::Hidden& layer : network.further) {
    given.push_back(layer.weight);
    given.push_back(layer.bias);
  }
  given.push_back(network.last_weight);
  given.push_back(network.last_bias);
  const auto residual = [&](Value x) {
    return autoregressive_forward(network, transformer, x).value - y;
  };
  const auto solve_transposed = [](Value residual, Value x, Value cotangent) {
    const Value column = reshape(cotangent, Shape{x.rows(), x.columns(), 1});
    return reshape(triangular_solve(row_jacobian(residual, x), column, {.transpose = true}),
                   x.shape());
  };
  const Value x = implicit_root(stop_gradient(found), given, residual, solve_transposed);
  return {x, negate(autoregressive_forward(network, transformer, x).log_abs_det)};
}

}  // namespace castalia
