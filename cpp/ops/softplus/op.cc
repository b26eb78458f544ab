#include "cpp/ops/softplus/op.h"

#include <algorithm>
#include <cmath>

#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/sigmoid/op.h"

namespace castalia {

const Operator& softplus_operator() {
  static const Operator op = make_elementwise(
      "softplus", "softplus",
      [](double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); },
      [](const GradientRequest& r) -> Values { return {r.gradients[0] * sigmoid(r.inputs[0])}; });
  return op;
}

Value softplus(Value x) { return x.graph().apply(softplus_operator(), {x})[0]; }

}  // namespace castalia
