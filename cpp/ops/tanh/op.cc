#include "cpp/ops/tanh/op.h"

#include <cmath>

#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/square/op.h"
#include "cpp/ops/subtract/op.h"

namespace castalia {

const Operator& tanh_operator() {
  static const Operator op = make_elementwise(
      "tanh", "tanh", [](double x) { return std::tanh(x); },
      [](const GradientRequest& r) -> Values {
        return {r.gradients[0] * (1.0 - square(r.outputs[0]))};
      });
  return op;
}

Value tanh(Value x) { return x.graph().apply(tanh_operator(), {x})[0]; }

}  // namespace castalia
