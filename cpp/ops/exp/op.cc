#include "cpp/ops/exp/op.h"

#include <cmath>

#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"

namespace castalia {

const Operator& exp_operator() {
  static const Operator op = make_elementwise(
      "exp", "exp", [](double x) { return std::exp(x); },
      [](const GradientRequest& r) -> Values { return {r.gradients[0] * r.outputs[0]}; });
  return op;
}

Value exp(Value x) { return x.graph().apply(exp_operator(), {x})[0]; }

}  // namespace castalia
