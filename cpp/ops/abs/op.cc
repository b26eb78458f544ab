#include "cpp/ops/abs/op.h"

#include <cmath>

#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/sign/op.h"

namespace castalia {

const Operator& abs_operator() {
  static const Operator op = make_elementwise(
      "abs", "abs", [](double x) { return std::abs(x); },
      [](const GradientRequest& r) -> Values { return {r.gradients[0] * sign(r.inputs[0])}; });
  return op;
}

Value abs(Value x) { return x.graph().apply(abs_operator(), {x})[0]; }

}  // namespace castalia
