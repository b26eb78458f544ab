#include "cpp/ops/round/op.h"

#include <cmath>

#include "cpp/ops/elementwise.h"

namespace castalia {

const Operator& round_operator() {
  static const Operator op =
      make_piecewise_constant("round", "round", [](double x) { return std::nearbyint(x); });
  return op;
}

Value round(Value x) { return x.graph().apply(round_operator(), {x})[0]; }

}  // namespace castalia
