#include "cpp/ops/logical_or/op.h"

#include "cpp/ops/elementwise.h"

namespace castalia {

const Operator& logical_or_operator() {
  static const Operator op = make_piecewise_constant(
      "logical_or", "logical_or", [](double a, double b) { return a != 0 || b != 0 ? 1.0 : 0.0; });
  return op;
}

Value logical_or(Value a, Value b) { return a.graph().apply(logical_or_operator(), {a, b})[0]; }

}  // namespace castalia
