#include "cpp/ops/acos/op.h"

#include <cmath>

#include "cpp/ops/add/op.h"
#include "cpp/ops/divide/op.h"
#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/negate/op.h"
#include "cpp/ops/sqrt/op.h"
#include "cpp/ops/subtract/op.h"

namespace castalia {

const Operator& acos_operator() {
  static const Operator op = make_elementwise(
      "acos", "acos", [](double x) { return std::acos(x); },
      [](const GradientRequest& r) -> Values {
        const Value x = r.inputs[0];
        return {negate(r.gradients[0] / sqrt((1.0 - x) * (1.0 + x)))};
      });
  return op;
}

Value acos(Value x) { return x.graph().apply(acos_operator(), {x})[0]; }

}  // namespace castalia
