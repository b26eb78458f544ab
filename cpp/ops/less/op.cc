#include "cpp/ops/less/op.h"

#include "cpp/ops/elementwise.h"

namespace castalia {

const Operator& less_operator() {
  static const Operator op =
      make_piecewise_constant("less", "less", [](double a, double b) { return a < b ? 1.0 : 0.0; });
  return op;
}

Value less(Value a, Value b) { return a.graph().apply(less_operator(), {a, b})[0]; }

Value greater(Value a, Value b) { return less(b, a); }

}  // namespace castalia
