#include "cpp/ops/asin/op.h"

#include <cmath>

#include "cpp/ops/add/op.h"
#include "cpp/ops/divide/op.h"
#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/sqrt/op.h"
#include "cpp/ops/subtract/op.h"

namespace castalia {

const Operator& asin_operator() {
  static const Operator op = make_elementwise(
      "asin", "asin", [](double x) { return std::asin(x); },
      [](const GradientRequest& r) -> Values {
        const Value x = r.inputs[0];
        return {r.gradients[0] / sqrt((1.0 - x) * (1.0 + x))};
      });
  return op;
}

Value asin(Value x) { return x.graph().apply(asin_operator(), {x})[0]; }

}  // namespace castalia
