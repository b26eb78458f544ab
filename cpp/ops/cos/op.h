#ifndef CASTALIA_CPP_OPS_COS_OP_H_
#define CASTALIA_CPP_OPS_COS_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& cos_operator();

// The cosine of x, in radians.
Value cos(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_COS_OP_H_
