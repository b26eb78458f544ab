#include "cpp/ops/pow/op.h"

#include <cmath>

#include "cpp/ops/add/op.h"
#include "cpp/ops/broadcast_to/op.h"
#include "cpp/ops/elementwise.h"
#include "cpp/ops/equal/op.h"
#include "cpp/ops/less/op.h"
#include "cpp/ops/log/op.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/reciprocal/op.h"
#include "cpp/ops/select/op.h"
#include "cpp/ops/sqrt/op.h"
#include "cpp/ops/square/op.h"
#include "cpp/ops/subtract/op.h"

namespace castalia {

const Operator& pow_operator() {
  static const Operator op = make_elementwise(
      "pow", "pow", [](double x, double exponent) { return std::pow(x, exponent); },
      [](const GradientRequest& r) -> Values {
        const Value x = r.inputs[0];
        const Value exponent = r.inputs[1];
        const Value zero = r.graph.scalar(0.0, x.dtype());
        const Value one = r.graph.scalar(1.0, x.dtype());
        // Both branches are finite where they are not taken, for the sake of their own gradients.
        const Value constant = equal(exponent, zero);
        const Value slope =
            exponent * pow(select(constant, one, x), select(constant, one, exponent - 1.0));
        const Value positive = less(zero, x);
        const Value growth = r.outputs[0] * log(select(positive, x, one));
        return {r.gradients[0] * slope, r.gradients[0] * select(positive, growth, zero)};
      });
  return op;
}

Value pow(Value x, Value exponent) { return x.graph().apply(pow_operator(), {x, exponent})[0]; }

Value pow(Value x, double exponent) {
  if (exponent == 0.0) return broadcast_to(x.graph().scalar(1.0, x.dtype()), x.shape());
  if (exponent == 0.5) return sqrt(x);
  if (exponent == 1.0) return x;
  if (exponent == 2.0) return square(x);
  if (exponent == 3.0) return x * square(x);
  if (exponent == -1.0) return reciprocal(x);
  if (exponent == -0.5) return reciprocal(sqrt(x));
  return pow(x, x.graph().scalar(exponent, x.dtype()));
}

}  // namespace castalia
