#include "cpp/ops/logical_and/op.h"

#include "cpp/ops/elementwise.h"

namespace castalia {

const Operator& logical_and_operator() {
  static const Operator op =
      make_piecewise_constant("logical_and", "logical_and",
                              [](double a, double b) { return a != 0 && b != 0 ? 1.0 : 0.0; });
  return op;
}

Value logical_and(Value a, Value b) { return a.graph().apply(logical_and_operator(), {a, b})[0]; }

}  // namespace castalia
