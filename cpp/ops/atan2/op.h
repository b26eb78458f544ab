#ifndef CASTALIA_CPP_OPS_ATAN2_OP_H_
#define CASTALIA_CPP_OPS_ATAN2_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& atan2_operator();

// The angle of the point (x, y), in [-pi, pi]. Operands have one type and broadcast by NumPy's
// rule. The derivative at the origin is 0.
Value atan2(Value y, Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ATAN2_OP_H_
