#include "cpp/ops/sigmoid/op.h"

#include <cmath>

#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/subtract/op.h"

namespace castalia {

const Operator& sigmoid_operator() {
  static const Operator op = make_elementwise(
      "sigmoid", "sigmoid",
      [](double x) {
        // exp of a negative number only: never overflows.
        const double e = std::exp(-std::abs(x));
        return (x < 0 ? e : 1.0) / (1.0 + e);
      },
      [](const GradientRequest& r) -> Values {
        return {r.gradients[0] * (r.outputs[0] * (1.0 - r.outputs[0]))};
      });
  return op;
}

Value sigmoid(Value x) { return x.graph().apply(sigmoid_operator(), {x})[0]; }

}  // namespace castalia
