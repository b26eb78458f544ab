#include "cpp/ops/silu_derivative/op.h"

#include <cmath>

#include "cpp/ops/add/op.h"
#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/sigmoid/op.h"
#include "cpp/ops/subtract/op.h"

namespace castalia {

const Operator& silu_derivative_operator() {
  static const Operator op = make_elementwise(
      "silu_derivative", "silu_derivative",
      [](double x) {
        const double e = std::exp(-std::abs(x));
        const double larger = 1.0 / (1.0 + e);
        return (x < 0 ? e : 1.0) * larger + x * larger * (e * larger);
      },
      [](const GradientRequest& r) -> Values {
        const Value x = r.inputs[0];
        const Value s = sigmoid(x);
        return {r.gradients[0] * ((s * (1.0 - s)) * (2.0 + x * (1.0 - 2.0 * s)))};
      });
  return op;
}

Value silu_derivative(Value x) { return x.graph().apply(silu_derivative_operator(), {x})[0]; }

}  // namespace castalia
