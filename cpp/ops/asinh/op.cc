#include "cpp/ops/asinh/op.h"

#include <cmath>

#include "cpp/ops/add/op.h"
#include "cpp/ops/divide/op.h"
#include "cpp/ops/elementwise.h"
#include "cpp/ops/sqrt/op.h"
#include "cpp/ops/square/op.h"

namespace castalia {

const Operator& asinh_operator() {
  static const Operator op = make_elementwise(
      "asinh", "asinh", [](double x) { return std::asinh(x); },
      [](const GradientRequest& r) -> Values {
        return {r.gradients[0] / sqrt(1.0 + square(r.inputs[0]))};
      });
  return op;
}

Value asinh(Value x) { return x.graph().apply(asinh_operator(), {x})[0]; }

}  // namespace castalia
