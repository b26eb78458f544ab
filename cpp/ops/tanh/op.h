#ifndef CASTALIA_CPP_OPS_TANH_OP_H_
#define CASTALIA_CPP_OPS_TANH_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& tanh_operator();

// The hyperbolic tangent.
Value tanh(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_TANH_OP_H_
