#include "cpp/ops/not_equal/op.h"

#include "cpp/ops/elementwise.h"

namespace castalia {

const Operator& not_equal_operator() {
  static const Operator op = make_piecewise_constant(
      "not_equal", "not_equal", [](double a, double b) { return a != b ? 1.0 : 0.0; });
  return op;
}

Value not_equal(Value a, Value b) { return a.graph().apply(not_equal_operator(), {a, b})[0]; }

}  // namespace castalia
