#ifndef CASTALIA_CPP_OPS_LOGICAL_AND_OP_H_
#define CASTALIA_CPP_OPS_LOGICAL_AND_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& logical_and_operator();

// 1 where both a and b are true (not 0), else 0. They broadcast.
Value logical_and(Value a, Value b);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LOGICAL_AND_OP_H_
