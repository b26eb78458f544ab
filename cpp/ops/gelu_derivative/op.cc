#include "cpp/ops/gelu_derivative/op.h"

#include <cmath>
#include <numbers>

#include "cpp/ops/clamp/op.h"
#include "cpp/ops/elementwise.h"
#include "cpp/ops/exp/op.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/square/op.h"
#include "cpp/ops/subtract/op.h"

namespace castalia {

namespace {

const double kGeluDensity = std::sqrt(0.5 / std::numbers::pi);  // at zero

}  // namespace

const Operator& gelu_derivative_operator() {
  static const Operator op = make_elementwise(
      "gelu_derivative", "gelu_derivative",
      [](double x) {
        return 0.5 * std::erfc(-x / std::numbers::sqrt2) +
               kGeluDensity * x * std::exp(-0.5 * x * x);
      },
      [](const GradientRequest& r) -> Values {
        // Beyond the limit the density is zero to every digit, while the square could overflow.
        const Value z = square(clamp(r.inputs[0], -100.0, 100.0));
        return {r.gradients[0] * (kGeluDensity * exp(-0.5 * z) * (2.0 - z))};
      });
  return op;
}

Value gelu_derivative(Value x) { return x.graph().apply(gelu_derivative_operator(), {x})[0]; }

}  // namespace castalia
