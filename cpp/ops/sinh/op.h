#ifndef CASTALIA_CPP_OPS_SINH_OP_H_
#define CASTALIA_CPP_OPS_SINH_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& sinh_operator();

// Hyperbolic sine.
Value sinh(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SINH_OP_H_
