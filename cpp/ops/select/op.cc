#include "cpp/ops/select/op.h"

#include "cpp/ops/elementwise.h"

namespace castalia {

const Operator& select_operator() {
  static const Operator op = make_elementwise(
      "select", "select",
      [](double condition, double a, double b) { return condition != 0 ? a : b; },
      [](const GradientRequest& r) -> Values {
        const Value zero = r.graph.scalar(0.0, r.outputs[0].dtype());
        return {Value(), select(r.inputs[0], r.gradients[0], zero),
                select(r.inputs[0], zero, r.gradients[0])};
      });
  return op;
}

Value select(Value condition, Value a, Value b) {
  return condition.graph().apply(select_operator(), {condition, a, b})[0];
}

}  // namespace castalia
