#ifndef CASTALIA_CPP_OPS_STOP_GRADIENT_OP_H_
#define CASTALIA_CPP_OPS_STOP_GRADIENT_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& stop_gradient_operator();

// x, through which no gradient flows.
Value stop_gradient(Value x);
// x, with the derivative of x + y: y adds its slope and not its value.
Value with_slope_of(Value x, Value y);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_STOP_GRADIENT_OP_H_
