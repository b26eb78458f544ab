#include "cpp/ops/gelu/op.h"

#include <cmath>
#include <numbers>

#include "cpp/ops/elementwise.h"
#include "cpp/ops/gelu_by_tanh/op.h"
#include "cpp/ops/gelu_derivative/op.h"
#include "cpp/ops/multiply/op.h"

namespace castalia {

const Operator& gelu_operator() {
  static const Operator op = make_elementwise(
      "gelu", "gelu", [](double x) { return 0.5 * x * std::erfc(-x / std::numbers::sqrt2); },
      [](const GradientRequest& r) -> Values {
        return {r.gradients[0] * gelu_derivative(r.inputs[0])};
      });
  return op;
}

Value gelu(Value x, bool approximate) {
  return approximate ? gelu_by_tanh(x) : x.graph().apply(gelu_operator(), {x})[0];
}

}  // namespace castalia
