#ifndef CASTALIA_CPP_OPS_SIGMOID_OP_H_
#define CASTALIA_CPP_OPS_SIGMOID_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& sigmoid_operator();

// 1 / (1 + exp(-x)), without overflow on either side.
Value sigmoid(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SIGMOID_OP_H_
