#include "cpp/ops/atanh/op.h"

#include <cmath>

#include "cpp/ops/add/op.h"
#include "cpp/ops/divide/op.h"
#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/subtract/op.h"

namespace castalia {

const Operator& atanh_operator() {
  static const Operator op = make_elementwise(
      "atanh", "atanh", [](double x) { return std::atanh(x); },
      [](const GradientRequest& r) -> Values {
        const Value x = r.inputs[0];
        return {r.gradients[0] / ((1.0 - x) * (1.0 + x))};
      });
  return op;
}

Value atanh(Value x) { return x.graph().apply(atanh_operator(), {x})[0]; }

}  // namespace castalia
