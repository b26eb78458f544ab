#include "cpp/ops/subtract/op.h"

#include "cpp/ops/elementwise.h"
#include "cpp/ops/negate/op.h"

namespace castalia {

const Operator& subtract_operator() {
  static const Operator op = make_elementwise(
      "subtract", "sub", [](double a, double b) { return a - b; },
      [](const GradientRequest& r) -> Values {
        return {r.gradients[0], negate(r.gradients[0])};
      });
  return op;
}

Value subtract(Value a, Value b) { return a.graph().apply(subtract_operator(), {a, b})[0]; }

Value operator-(Value a, Value b) { return subtract(a, b); }
Value operator-(Value a, double b) { return subtract(a, a.graph().scalar(b, a.dtype())); }
Value operator-(double a, Value b) { return subtract(b.graph().scalar(a, b.dtype()), b); }

}  // namespace castalia
