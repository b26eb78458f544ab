#include "cpp/ops/erfc/op.h"

#include <cmath>

#include "cpp/ops/elementwise.h"
#include "cpp/ops/exp/op.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/negate/op.h"
#include "cpp/ops/square/op.h"

namespace castalia {

const Operator& erfc_operator() {
  static const Operator op = make_elementwise(
      "erfc", "erfc", [](double x) { return std::erfc(x); },
      [](const GradientRequest& r) -> Values {
        constexpr double kMinusTwoOverRootPi = -1.1283791670955126;
        return {r.gradients[0] * (kMinusTwoOverRootPi * exp(negate(square(r.inputs[0]))))};
      });
  return op;
}

Value erfc(Value x) { return x.graph().apply(erfc_operator(), {x})[0]; }

}  // namespace castalia
