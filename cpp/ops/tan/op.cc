#include "cpp/ops/tan/op.h"

#include <cmath>

#include "cpp/ops/add/op.h"
#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/square/op.h"

namespace castalia {

const Operator& tan_operator() {
  static const Operator op = make_elementwise(
      "tan", "tan", [](double x) { return std::tan(x); },
      [](const GradientRequest& r) -> Values {
        return {r.gradients[0] * (1.0 + square(r.outputs[0]))};
      });
  return op;
}

Value tan(Value x) { return x.graph().apply(tan_operator(), {x})[0]; }

}  // namespace castalia
