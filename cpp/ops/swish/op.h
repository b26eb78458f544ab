#ifndef CASTALIA_CPP_OPS_SWISH_OP_H_
#define CASTALIA_CPP_OPS_SWISH_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& swish_operator();

// x / (1 + exp(-beta x)): silu for beta = 1. beta has the type of x; the two broadcast, and beta
// may be learnt. For finite operands. arXiv:1710.05941.
Value swish(Value x, Value beta);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SWISH_OP_H_
