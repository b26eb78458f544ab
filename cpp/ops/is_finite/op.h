#ifndef CASTALIA_CPP_OPS_IS_FINITE_OP_H_
#define CASTALIA_CPP_OPS_IS_FINITE_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& is_finite_operator();

// 1 where x is neither infinite nor NaN, else 0, in the type of x. The derivative is 0.
Value is_finite(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_IS_FINITE_OP_H_
