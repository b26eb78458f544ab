#ifndef CASTALIA_CPP_OPS_SOFTPLUS_OP_H_
#define CASTALIA_CPP_OPS_SOFTPLUS_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& softplus_operator();

// log(1 + exp(x)), without overflow: x for large x.
Value softplus(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SOFTPLUS_OP_H_
