#include "cpp/ops/lgamma/op.h"

#include "cpp/base/special_functions.h"
#include "cpp/ops/digamma/op.h"
#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"

namespace castalia {

const Operator& lgamma_operator() {
  static const Operator op = make_elementwise(
      "lgamma", "lgamma", [](double x) { return log_gamma(x); },
      [](const GradientRequest& r) -> Values { return {r.gradients[0] * digamma(r.inputs[0])}; });
  return op;
}

Value lgamma(Value x) { return x.graph().apply(lgamma_operator(), {x})[0]; }

}  // namespace castalia
