#ifndef CASTALIA_CPP_OPS_TAN_OP_H_
#define CASTALIA_CPP_OPS_TAN_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& tan_operator();

// The tangent of x, in radians.
Value tan(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_TAN_OP_H_
