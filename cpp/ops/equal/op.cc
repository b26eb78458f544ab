#include "cpp/ops/equal/op.h"

#include "cpp/ops/elementwise.h"

namespace castalia {

const Operator& equal_operator() {
  static const Operator op = make_piecewise_constant(
      "equal", "equal", [](double a, double b) { return a == b ? 1.0 : 0.0; });
  return op;
}

Value equal(Value a, Value b) { return a.graph().apply(equal_operator(), {a, b})[0]; }

}  // namespace castalia
