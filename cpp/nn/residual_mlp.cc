#include "cpp/nn/residual_mlp.h"

#include "cpp/base/text.h"
#include "cpp/ops/ops.h"

namespace castalia {

Value residual_mlp(Trace& trace, Value x, Value gate, const MlpOptions& options) {
  const Initializer weights = options.hidden_weight.value_or(initializer_for(options.activation));
  Value h =
      linear(trace, "in", x, options.hidden, Initializer::glorot_uniform, options.hidden_bias);
  for (int64_t block = 0; block < options.hidden_layers; ++block) {
    const Trace::Part part(trace, text("block_", block));
    const Value inner =
        activation(options.activation, linear(trace, "first", activation(options.activation, h),
                                              options.hidden, weights, options.hidden_bias));
    Value more = linear(trace, "second", inner, options.hidden);
    if (gate) more = more * sigmoid(linear(trace, "gate", gate, options.hidden));
    h = h + more;
  }
  return h;
}

}  // namespace castalia
