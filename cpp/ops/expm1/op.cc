#include "cpp/ops/expm1/op.h"

#include <cmath>

#include "cpp/ops/elementwise.h"
#include "cpp/ops/exp/op.h"
#include "cpp/ops/multiply/op.h"

namespace castalia {

const Operator& expm1_operator() {
  static const Operator op = make_elementwise(
      "expm1", "expm1", [](double x) { return std::expm1(x); },
      [](const GradientRequest& r) -> Values { return {r.gradients[0] * exp(r.inputs[0])}; });
  return op;
}

Value expm1(Value x) { return x.graph().apply(expm1_operator(), {x})[0]; }

}  // namespace castalia
