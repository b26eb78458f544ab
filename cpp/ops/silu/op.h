#ifndef CASTALIA_CPP_OPS_SILU_OP_H_
#define CASTALIA_CPP_OPS_SILU_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& silu_operator();

// x / (1 + exp(-x)), for finite x.
Value silu(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SILU_OP_H_
