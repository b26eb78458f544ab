#include "cpp/ops/elu/op.h"

#include <cmath>

#include "cpp/ops/add/op.h"
#include "cpp/ops/elementwise.h"
#include "cpp/ops/expm1/op.h"
#include "cpp/ops/less/op.h"
#include "cpp/ops/minimum/op.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/select/op.h"

namespace castalia {

const Operator& elu_operator() {
  static const Operator op = make_elementwise(
      "elu", "elu", [](double x, double alpha) { return x > 0 ? x : alpha * std::expm1(x); },
      [](const GradientRequest& r) -> Values {
        const Value x = r.inputs[0];
        const Value alpha = r.inputs[1];
        const Value g = r.gradients[0];
        const Value zero = r.graph.scalar(0.0, x.dtype());
        // On the left alpha exp(x) is the result plus alpha: no exponential is computed again.
        return {select(less(zero, x), g, g * (r.outputs[0] + alpha)), g * expm1(minimum(x, zero))};
      });
  return op;
}

Value elu(Value x, double alpha) { return elu(x, x.graph().scalar(alpha, x.dtype())); }

Value elu(Value x, Value alpha) { return x.graph().apply(elu_operator(), {x, alpha})[0]; }

}  // namespace castalia
