#ifndef CASTALIA_CPP_OPS_RELU_OP_H_
#define CASTALIA_CPP_OPS_RELU_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& relu_operator();

// max(x, 0). The derivative at 0 is 0.
Value relu(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_RELU_OP_H_
