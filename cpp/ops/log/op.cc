#include "cpp/ops/log/op.h"

#include <cmath>

#include "cpp/ops/divide/op.h"
#include "cpp/ops/elementwise.h"

namespace castalia {

const Operator& log_operator() {
  static const Operator op = make_elementwise(
      "log", "log", [](double x) { return std::log(x); },
      [](const GradientRequest& r) -> Values { return {r.gradients[0] / r.inputs[0]}; });
  return op;
}

Value log(Value x) { return x.graph().apply(log_operator(), {x})[0]; }

}  // namespace castalia
