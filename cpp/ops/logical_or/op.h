#ifndef CASTALIA_CPP_OPS_LOGICAL_OR_OP_H_
#define CASTALIA_CPP_OPS_LOGICAL_OR_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& logical_or_operator();

// 1 where a or b is true (not 0), else 0. They broadcast.
Value logical_or(Value a, Value b);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LOGICAL_OR_OP_H_
