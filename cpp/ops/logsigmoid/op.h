#ifndef CASTALIA_CPP_OPS_LOGSIGMOID_OP_H_
#define CASTALIA_CPP_OPS_LOGSIGMOID_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& logsigmoid_operator();

// log(1 / (1 + exp(-x))) without overflow: x for large negative x.
Value logsigmoid(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LOGSIGMOID_OP_H_
