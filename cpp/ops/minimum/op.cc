#include "cpp/ops/minimum/op.h"

#include <cmath>

#include "cpp/ops/elementwise.h"
#include "cpp/ops/less/op.h"
#include "cpp/ops/select/op.h"

namespace castalia {

const Operator& minimum_operator() {
  static const Operator op = make_elementwise(
      "minimum", "minimum", [](double a, double b) { return std::isnan(b) || b < a ? b : a; },
      [](const GradientRequest& r) -> Values {
        const Value zero = r.graph.scalar(0.0, r.inputs[0].dtype());
        const Value second = less(r.inputs[1], r.inputs[0]);
        return {select(second, zero, r.gradients[0]), select(second, r.gradients[0], zero)};
      });
  return op;
}

Value minimum(Value a, Value b) { return a.graph().apply(minimum_operator(), {a, b})[0]; }

}  // namespace castalia
