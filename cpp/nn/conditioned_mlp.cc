#include "cpp/nn/conditioned_mlp.h"

#include "cpp/base/text.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"

namespace castalia {

std::span<const Conditioning> conditionings() {
  static const std::vector<Conditioning> table = {
      {"concatenate", "the context stands beside what the network reads", "1411.1784"},
      {"embedding", "a linear map of the context, as wide as a hidden layer, stands beside it",
       "1605.05396"},
      {"film", "each hidden layer is scaled and shifted by linear maps of the context",
       "1709.07871"},
      {"projection",
       "the critic's score gains the product of its last hidden layer with a linear map of the "
       "context; in a generator as concatenate",
       "1802.05637"},
  };
  return table;
}

std::vector<std::string> conditioning_names() {
  std::vector<std::string> names;
  for (const Conditioning& each : conditionings()) names.push_back(each.name);
  return names;
}

Value conditioned_hidden(Trace& trace, Value x, Value context,
                         const ConditionedMlpOptions& options) {
  const auto layer = [&](const std::string& name, Value in, int64_t outputs, Initializer weight) {
    return options.spectral ? spectral_linear(trace, name, in, outputs, weight)
                            : linear(trace, name, in, outputs, weight);
  };
  const Initializer weight = initializer_for(options.activation);
  const bool film = context && options.conditioning == "film";
  if (context && options.conditioning == "concatenate") x = concat({x, context}, 1);
  if (context && options.conditioning == "embedding") {
    x = concat({x, layer("embedding", context, options.hidden, Initializer::glorot_uniform)}, 1);
  }
  for (int64_t i = 0; i < options.hidden_layers; ++i) {
    x = activation(options.activation, layer(text("linear_", i), x, options.hidden, weight));
    if (!film) continue;
    const Value maps =
        layer(text("film_", i), context, 2 * options.hidden, Initializer::glorot_uniform);
    x = x * (1.0 + slice(maps, 1, 0, options.hidden)) +
        slice(maps, 1, options.hidden, 2 * options.hidden);
  }
  return x;
}

Value projected(Trace& trace, Value hidden, Value context, const ConditionedMlpOptions& options) {
  const int64_t width = hidden.columns();
  const Value map = options.spectral ? spectral_linear(trace, "projection", context, width)
                                     : linear(trace, "projection", context, width);
  return sum(hidden * map, {1}, true);
}

}  // namespace castalia
