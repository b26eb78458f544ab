#include "cpp/ops/polygamma/op.h"

#include "cpp/base/special_functions.h"
#include "cpp/ops/add/op.h"
#include "cpp/ops/elementwise.h"
#include "cpp/ops/multiply/op.h"

namespace castalia {

const Operator& polygamma_operator() {
  static const Operator op = make_elementwise(
      "polygamma", "polygamma",
      [](double order, double x) { return castalia::polygamma(order, x); },
      [](const GradientRequest& r) -> Values {
        return {Value(), r.gradients[0] * polygamma(1.0 + r.inputs[0], r.inputs[1])};
      });
  return op;
}

Value polygamma(Value order, Value x) {
  return x.graph().apply(polygamma_operator(), {order, x})[0];
}

Value polygamma(int order, Value x) { return polygamma(x.graph().scalar(order, x.dtype()), x); }

}  // namespace castalia
