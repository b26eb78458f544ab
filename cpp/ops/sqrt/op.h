#ifndef CASTALIA_CPP_OPS_SQRT_OP_H_
#define CASTALIA_CPP_OPS_SQRT_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& sqrt_operator();

// The square root: NaN below 0. The derivative at 0 is infinite.
Value sqrt(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SQRT_OP_H_
