#include "cpp/ops/is_finite/op.h"

#include <cmath>

#include "cpp/ops/elementwise.h"

namespace castalia {

const Operator& is_finite_operator() {
  static const Operator op = make_piecewise_constant(
      "is_finite", "is_finite", [](double x) { return std::isfinite(x) ? 1.0 : 0.0; });
  return op;
}

Value is_finite(Value x) { return x.graph().apply(is_finite_operator(), {x})[0]; }

}  // namespace castalia
