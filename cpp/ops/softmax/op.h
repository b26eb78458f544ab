#ifndef CASTALIA_CPP_OPS_SOFTMAX_OP_H_
#define CASTALIA_CPP_OPS_SOFTMAX_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& softmax_operator();

// exp(x) / sum of exp(x) along the last axis, without overflow.
Value softmax(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SOFTMAX_OP_H_
