#ifndef CASTALIA_CPP_OPS_COSH_OP_H_
#define CASTALIA_CPP_OPS_COSH_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& cosh_operator();

// Hyperbolic cosine.
Value cosh(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_COSH_OP_H_
