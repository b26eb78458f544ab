#include "cpp/ops/sinh/op.h"

#include <cmath>

#include "cpp/ops/cosh/op.h"
#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"

namespace castalia {

const Operator& sinh_operator() {
  static const Operator op = make_elementwise(
      "sinh", "sinh", [](double x) { return std::sinh(x); },
      [](const GradientRequest& r) -> Values { return {r.gradients[0] * cosh(r.inputs[0])}; });
  return op;
}

Value sinh(Value x) { return x.graph().apply(sinh_operator(), {x})[0]; }

}  // namespace castalia
