#include "cpp/ops/reciprocal/op.h"

#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/negate/op.h"
#include "cpp/ops/square/op.h"

namespace castalia {

const Operator& reciprocal_operator() {
  static const Operator op = make_elementwise(
      "reciprocal", "reciprocal", [](double x) { return 1.0 / x; },
      [](const GradientRequest& r) -> Values {
        return {negate(r.gradients[0] * square(r.outputs[0]))};
      });
  return op;
}

Value reciprocal(Value x) { return x.graph().apply(reciprocal_operator(), {x})[0]; }

}  // namespace castalia
