#ifndef CASTALIA_CPP_OPS_SILU_DERIVATIVE_OP_H_
#define CASTALIA_CPP_OPS_SILU_DERIVATIVE_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& silu_derivative_operator();

// The derivative of silu: s (1 + x (1 - s)), s = sigmoid(x), for finite x.
Value silu_derivative(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SILU_DERIVATIVE_OP_H_
