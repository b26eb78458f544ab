#include "cpp/ops/floor/op.h"

#include <cmath>

#include "cpp/ops/elementwise.h"

namespace castalia {

const Operator& floor_operator() {
  static const Operator op =
      make_piecewise_constant("floor", "floor", [](double x) { return std::floor(x); });
  return op;
}

Value floor(Value x) { return x.graph().apply(floor_operator(), {x})[0]; }

}  // namespace castalia
