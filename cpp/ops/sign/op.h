#ifndef CASTALIA_CPP_OPS_SIGN_OP_H_
#define CASTALIA_CPP_OPS_SIGN_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& sign_operator();

// -1, 0 or 1. The derivative is 0.
Value sign(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SIGN_OP_H_
