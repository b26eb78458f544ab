#ifndef CASTALIA_CPP_OPS_LOGICAL_NOT_OP_H_
#define CASTALIA_CPP_OPS_LOGICAL_NOT_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& logical_not_operator();

// 1 where x is 0, else 0.
Value logical_not(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LOGICAL_NOT_OP_H_
