#include "cpp/ops/log1p/op.h"

#include <cmath>

#include "cpp/ops/add/op.h"
#include "cpp/ops/divide/op.h"
#include "cpp/ops/elementwise.h"

namespace castalia {

const Operator& log1p_operator() {
  static const Operator op = make_elementwise(
      "log1p", "log1p", [](double x) { return std::log1p(x); },
      [](const GradientRequest& r) -> Values { return {r.gradients[0] / (1.0 + r.inputs[0])}; });
  return op;
}

Value log1p(Value x) { return x.graph().apply(log1p_operator(), {x})[0]; }

}  // namespace castalia
