#include "cpp/ops/square/op.h"

#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"

namespace castalia {

const Operator& square_operator() {
  static const Operator op = make_elementwise(
      "square", "square", [](double x) { return x * x; },
      [](const GradientRequest& r) -> Values { return {(2.0 * r.gradients[0]) * r.inputs[0]}; });
  return op;
}

Value square(Value x) { return x.graph().apply(square_operator(), {x})[0]; }

}  // namespace castalia
