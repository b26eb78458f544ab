#include "cpp/ops/add/op.h"

#include "cpp/ops/elementwise.h"

namespace castalia {

const Operator& add_operator() {
  static const Operator op = make_elementwise(
      "add", "add", [](double a, double b) { return a + b; },
      [](const GradientRequest& r) -> Values {
        return {r.gradients[0], r.gradients[0]};
      });
  return op;
}

Value add(Value a, Value b) { return a.graph().apply(add_operator(), {a, b})[0]; }

Value operator+(Value a, Value b) { return add(a, b); }
Value operator+(Value a, double b) { return add(a, a.graph().scalar(b, a.dtype())); }
Value operator+(double a, Value b) { return add(b.graph().scalar(a, b.dtype()), b); }

}  // namespace castalia
