#include "cpp/ops/erf/op.h"

#include <cmath>
#include <numbers>

#include "cpp/ops/elementwise.h"
#include "cpp/ops/exp/op.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/negate/op.h"
#include "cpp/ops/square/op.h"

namespace castalia {

const Operator& erf_operator() {
  static const Operator op = make_elementwise(
      "erf", "erf", [](double x) { return std::erf(x); },
      [](const GradientRequest& r) -> Values {
        const double scale = 2.0 * std::numbers::inv_sqrtpi;
        return {r.gradients[0] * (scale * exp(negate(square(r.inputs[0]))))};
      });
  return op;
}

Value erf(Value x) { return x.graph().apply(erf_operator(), {x})[0]; }

}  // namespace castalia
