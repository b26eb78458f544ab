#ifndef CASTALIA_CPP_OPS_POLYGAMMA_OP_H_
#define CASTALIA_CPP_OPS_POLYGAMMA_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& polygamma_operator();

// The derivative of digamma of an order, a whole number from 0 (digamma itself) to 170; NaN for
// other orders. As an operand the order broadcasts; no gradient flows to it. Of every element by
// itself: not for inner loops.
Value polygamma(Value order, Value x);
Value polygamma(int order, Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_POLYGAMMA_OP_H_
