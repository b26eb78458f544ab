#include "cpp/ops/atan/op.h"

#include <cmath>

#include "cpp/ops/add/op.h"
#include "cpp/ops/divide/op.h"
#include "cpp/ops/elementwise.h"
#include "cpp/ops/square/op.h"

namespace castalia {

const Operator& atan_operator() {
  static const Operator op = make_elementwise(
      "atan", "atan", [](double x) { return std::atan(x); },
      [](const GradientRequest& r) -> Values {
        return {r.gradients[0] / (1.0 + square(r.inputs[0]))};
      });
  return op;
}

Value atan(Value x) { return x.graph().apply(atan_operator(), {x})[0]; }

}  // namespace castalia
