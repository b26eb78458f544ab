#include "cpp/ops/relu/op.h"

#include "cpp/ops/elementwise.h"
#include "cpp/ops/less/op.h"
#include "cpp/ops/select/op.h"

namespace castalia {

const Operator& relu_operator() {
  static const Operator op = make_elementwise(
      "relu", "relu", [](double x) { return x < 0 ? 0.0 : x; },
      [](const GradientRequest& r) -> Values {
        const Value zero = r.graph.scalar(0.0, r.inputs[0].dtype());
        // Asked of the result, which is kept for what follows anyway; so the operand need not be.
        return {select(less(zero, r.outputs[0]), r.gradients[0], zero)};
      });
  return op;
}

Value relu(Value x) { return x.graph().apply(relu_operator(), {x})[0]; }

}  // namespace castalia
