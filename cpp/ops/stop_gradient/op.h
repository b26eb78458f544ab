#ifndef CASTALIA_CPP_OPS_STOP_GRADIENT_OP_H_
#define CASTALIA_CPP_OPS_STOP_GRADIENT_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& stop_gradient_operator();

// x, through which no gradient flows.
Value stop_gradient(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_STOP_GRADIENT_OP_H_
