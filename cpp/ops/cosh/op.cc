#include "cpp/ops/cosh/op.h"

#include <cmath>

#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/sinh/op.h"

namespace castalia {

const Operator& cosh_operator() {
  static const Operator op = make_elementwise(
      "cosh", "cosh", [](double x) { return std::cosh(x); },
      [](const GradientRequest& r) -> Values { return {r.gradients[0] * sinh(r.inputs[0])}; });
  return op;
}

Value cosh(Value x) { return x.graph().apply(cosh_operator(), {x})[0]; }

}  // namespace castalia
