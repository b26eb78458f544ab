#include "cpp/ops/sin/op.h"

#include <cmath>

#include "cpp/ops/cos/op.h"
#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"

namespace castalia {

const Operator& sin_operator() {
  static const Operator op = make_elementwise(
      "sin", "sin", [](double x) { return std::sin(x); },
      [](const GradientRequest& r) -> Values { return {r.gradients[0] * cos(r.inputs[0])}; });
  return op;
}

Value sin(Value x) { return x.graph().apply(sin_operator(), {x})[0]; }

}  // namespace castalia
