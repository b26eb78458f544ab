#ifndef CASTALIA_CPP_OPS_EXPM1_OP_H_
#define CASTALIA_CPP_OPS_EXPM1_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& expm1_operator();

// exp(x) - 1, exact to rounding near 0.
Value expm1(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_EXPM1_OP_H_
