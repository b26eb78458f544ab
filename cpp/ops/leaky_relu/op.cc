#include "cpp/ops/leaky_relu/op.h"

#include "cpp/ops/elementwise.h"
#include "cpp/ops/less/op.h"
#include "cpp/ops/minimum/op.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/select/op.h"

namespace castalia {

namespace {

bool is_positive_number(Value slope) {
  return slope.node().op == &constant_operator() && slope.shape().count() == 1 &&
         slope.node().attributes.reals("values")[0] > 0;
}

}  // namespace

const Operator& leaky_relu_operator() {
  static const Operator op = make_elementwise(
      "leaky_relu", "leaky_relu", [](double x, double slope) { return x > 0 ? x : slope * x; },
      [](const GradientRequest& r) -> Values {
        const Value x = r.inputs[0];
        const Value zero = r.graph.scalar(0.0, x.dtype());
        // The result has the sign of the operand under a positive slope, and is kept for what
        // follows anyway; so the operand need not be.
        const Value positive = less(zero, is_positive_number(r.inputs[1]) ? r.outputs[0] : x);
        const Value g = r.gradients[0];
        return {select(positive, g, g * r.inputs[1]), g * minimum(x, zero)};
      });
  return op;
}

Value leaky_relu(Value x, double slope) {
  return leaky_relu(x, x.graph().scalar(slope, x.dtype()));
}

Value leaky_relu(Value x, Value slope) {
  return x.graph().apply(leaky_relu_operator(), {x, slope})[0];
}

}  // namespace castalia
