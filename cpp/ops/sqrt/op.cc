#include "cpp/ops/sqrt/op.h"

#include <cmath>

#include "cpp/ops/divide/op.h"
#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"

namespace castalia {

const Operator& sqrt_operator() {
  static const Operator op = make_elementwise(
      "sqrt", "sqrt", [](double x) { return std::sqrt(x); },
      [](const GradientRequest& r) -> Values { return {(0.5 * r.gradients[0]) / r.outputs[0]}; });
  return op;
}

Value sqrt(Value x) { return x.graph().apply(sqrt_operator(), {x})[0]; }

}  // namespace castalia
