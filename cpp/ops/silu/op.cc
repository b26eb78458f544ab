#include "cpp/ops/silu/op.h"

#include <cmath>

#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/silu_derivative/op.h"

namespace castalia {

const Operator& silu_operator() {
  static const Operator op = make_elementwise(
      "silu", "silu",
      [](double x) {
        const double e = std::exp(-std::abs(x));
        return x * (x < 0 ? e : 1.0) / (1.0 + e);
      },
      [](const GradientRequest& r) -> Values {
        return {r.gradients[0] * silu_derivative(r.inputs[0])};
      });
  return op;
}

Value silu(Value x) { return x.graph().apply(silu_operator(), {x})[0]; }

}  // namespace castalia
