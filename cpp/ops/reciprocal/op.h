#ifndef CASTALIA_CPP_OPS_RECIPROCAL_OP_H_
#define CASTALIA_CPP_OPS_RECIPROCAL_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& reciprocal_operator();

// 1 / x
Value reciprocal(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_RECIPROCAL_OP_H_
