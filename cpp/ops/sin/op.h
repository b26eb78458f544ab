#ifndef CASTALIA_CPP_OPS_SIN_OP_H_
#define CASTALIA_CPP_OPS_SIN_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& sin_operator();

// The sine of x, in radians.
Value sin(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SIN_OP_H_
