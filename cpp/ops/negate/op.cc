#include "cpp/ops/negate/op.h"

#include "cpp/ops/elementwise.h"

namespace castalia {

const Operator& negate_operator() {
  static const Operator op = make_elementwise(
      "negate", "neg", [](double x) { return -x; },
      [](const GradientRequest& r) -> Values { return {negate(r.gradients[0])}; });
  return op;
}

Value negate(Value x) { return x.graph().apply(negate_operator(), {x})[0]; }

Value operator-(Value x) { return negate(x); }

}  // namespace castalia
