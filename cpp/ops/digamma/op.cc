#include "cpp/ops/digamma/op.h"

#include "cpp/base/special_functions.h"
#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"
#include "cpp/ops/polygamma/op.h"

namespace castalia {

const Operator& digamma_operator() {
  static const Operator op = make_elementwise(
      "digamma", "digamma", [](double x) { return castalia::digamma(x); },
      [](const GradientRequest& r) -> Values {
        return {r.gradients[0] * polygamma(1, r.inputs[0])};
      });
  return op;
}

Value digamma(Value x) { return x.graph().apply(digamma_operator(), {x})[0]; }

}  // namespace castalia
