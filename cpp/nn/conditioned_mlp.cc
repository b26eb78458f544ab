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

Value conditioned_linear(Trace& trace, const std::string& name, Value x, int64_t outputs,
                         const ConditionedMlpOptions& options, Initializer weight) {
  return options.spectral ? spectral_linear(trace, name, x, outputs, weight)
                          : linear(trace, name, x, outputs, weight);
}

Value conditioned_hidden(Trace& trace, Value x, Value context,
                         const ConditionedMlpOptions& options) {
  const Initializer weight = initializer_for(options.activation);
  const bool film = context && options.conditioning == "film";
  if (context && options.conditioning == "concatenate") x = concat({x, context}, 1);
  if (context && options.conditioning == "embedding") {
    x = concat({x, conditioned_linear(trace, "embedding", context, options.hidden, options)}, 1);
  }
  for (int64_t i = 0; i < options.hidden_layers; ++i) {
    x = activation(options.activation, conditioned_linear(trace, text("linear_", i), x,
                                                          options.hidden, options, weight));
    if (!film) continue;
    const Value maps =
        conditioned_linear(trace, text("film_", i), context, 2 * options.hidden, options);
    x = modulated(x, maps);
  }
  return x;
}

Value projected(Trace& trace, Value hidden, Value context, const ConditionedMlpOptions& options) {
  return sum(hidden * conditioned_linear(trace, "projection", context, hidden.columns(), options),
             {1}, true);
}

}  // namespace castalia
