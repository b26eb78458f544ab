#include "cpp/ops/logical_not/op.h"

#include "cpp/ops/elementwise.h"

namespace castalia {

const Operator& logical_not_operator() {
  static const Operator op = make_piecewise_constant("logical_not", "logical_not",
                                                     [](double x) { return x == 0 ? 1.0 : 0.0; });
  return op;
}

Value logical_not(Value x) { return x.graph().apply(logical_not_operator(), {x})[0]; }

}  // namespace castalia
