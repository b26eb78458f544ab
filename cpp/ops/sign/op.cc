#include "cpp/ops/sign/op.h"

#include "cpp/ops/elementwise.h"

namespace castalia {

const Operator& sign_operator() {
  static const Operator op = make_piecewise_constant("sign", "sign", [](double x) {
    return x > 0 ? 1.0 : x < 0 ? -1.0 : x;
  });
  return op;
}

Value sign(Value x) { return x.graph().apply(sign_operator(), {x})[0]; }

}  // namespace castalia
