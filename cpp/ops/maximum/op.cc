#include "cpp/ops/maximum/op.h"

#include <cmath>

#include "cpp/ops/elementwise.h"
#include "cpp/ops/less/op.h"
#include "cpp/ops/select/op.h"

namespace castalia {

const Operator& maximum_operator() {
  static const Operator op = make_elementwise(
      "maximum", "maximum", [](double a, double b) { return std::isnan(b) || a < b ? b : a; },
      [](const GradientRequest& r) -> Values {
        const Value zero = r.graph.scalar(0.0, r.inputs[0].dtype());
        const Value second = less(r.inputs[0], r.inputs[1]);
        return {select(second, zero, r.gradients[0]), select(second, r.gradients[0], zero)};
      });
  return op;
}

Value maximum(Value a, Value b) { return a.graph().apply(maximum_operator(), {a, b})[0]; }

}  // namespace castalia
