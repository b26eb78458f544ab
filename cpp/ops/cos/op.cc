#include "cpp/ops/cos/op.h"

#include <cmath>

#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/negate/op.h"
#include "cpp/ops/sin/op.h"

namespace castalia {

const Operator& cos_operator() {
  static const Operator op = make_elementwise(
      "cos", "cos", [](double x) { return std::cos(x); },
      [](const GradientRequest& r) -> Values {
        return {negate(r.gradients[0] * sin(r.inputs[0]))};
      });
  return op;
}

Value cos(Value x) { return x.graph().apply(cos_operator(), {x})[0]; }

}  // namespace castalia
