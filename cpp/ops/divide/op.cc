#include "cpp/ops/divide/op.h"

#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/negate/op.h"

namespace castalia {

const Operator& divide_operator() {
  static const Operator op = make_elementwise(
      "divide", "div", [](double a, double b) { return a / b; },
      [](const GradientRequest& r) -> Values {
        const Value da = r.gradients[0] / r.inputs[1];
        return {da, negate(da * r.outputs[0])};
      });
  return op;
}

Value divide(Value a, Value b) { return a.graph().apply(divide_operator(), {a, b})[0]; }

Value operator/(Value a, Value b) { return divide(a, b); }
Value operator/(Value a, double b) { return divide(a, a.graph().scalar(b, a.dtype())); }
Value operator/(double a, Value b) { return divide(b.graph().scalar(a, b.dtype()), b); }

}  // namespace castalia
