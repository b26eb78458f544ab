#ifndef CASTALIA_CPP_OPS_ATAN_OP_H_
#define CASTALIA_CPP_OPS_ATAN_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& atan_operator();

// The arctangent, in (-pi/2, pi/2).
Value atan(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ATAN_OP_H_
