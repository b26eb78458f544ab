#include "cpp/ops/less_equal/op.h"

#include "cpp/ops/elementwise.h"

namespace castalia {

const Operator& less_equal_operator() {
  static const Operator op = make_piecewise_constant(
      "less_equal", "less_equal", [](double a, double b) { return a <= b ? 1.0 : 0.0; });
  return op;
}

Value less_equal(Value a, Value b) { return a.graph().apply(less_equal_operator(), {a, b})[0]; }

Value greater_equal(Value a, Value b) { return less_equal(b, a); }

}  // namespace castalia
