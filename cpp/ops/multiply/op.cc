#include "cpp/ops/multiply/op.h"

#include "cpp/ops/elementwise.h"

namespace castalia {

const Operator& multiply_operator() {
  static const Operator op = make_elementwise(
      "multiply", "mul", [](double a, double b) { return a * b; },
      [](const GradientRequest& r) -> Values {
        return {r.gradients[0] * r.inputs[1], r.gradients[0] * r.inputs[0]};
      });
  return op;
}

Value multiply(Value a, Value b) { return a.graph().apply(multiply_operator(), {a, b})[0]; }

Value operator*(Value a, Value b) { return multiply(a, b); }
Value operator*(Value a, double b) { return multiply(a, a.graph().scalar(b, a.dtype())); }
Value operator*(double a, Value b) { return multiply(b.graph().scalar(a, b.dtype()), b); }

}  // namespace castalia
