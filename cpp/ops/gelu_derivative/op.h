#ifndef CASTALIA_CPP_OPS_GELU_DERIVATIVE_OP_H_
#define CASTALIA_CPP_OPS_GELU_DERIVATIVE_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& gelu_derivative_operator();

// The derivative of gelu: the normal distribution's probability below x, and x times its density.
Value gelu_derivative(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_GELU_DERIVATIVE_OP_H_
