#include "cpp/ops/atan2/op.h"

#include <cmath>

#include "cpp/ops/add/op.h"
#include "cpp/ops/divide/op.h"
#include "cpp/ops/elementwise.h"
#include "cpp/ops/less/op.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/negate/op.h"
#include "cpp/ops/select/op.h"
#include "cpp/ops/square/op.h"

namespace castalia {

const Operator& atan2_operator() {
  static const Operator op = make_elementwise(
      "atan2", "atan2", [](double y, double x) { return std::atan2(y, x); },
      [](const GradientRequest& r) -> Values {
        const Value y = r.inputs[0];
        const Value x = r.inputs[1];
        const Value norm = square(x) + square(y);
        // 1 in place of 0, so that the origin gives 0 and not 0 / 0.
        const Value zero = r.graph.scalar(0.0, x.dtype());
        const Value scaled = r.gradients[0] / select(less(zero, norm), norm, 1.0 + zero);
        return {scaled * x, negate(scaled * y)};
      });
  return op;
}

Value atan2(Value y, Value x) { return y.graph().apply(atan2_operator(), {y, x})[0]; }

}  // namespace castalia
