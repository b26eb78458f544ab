#ifndef CASTALIA_CPP_OPS_ROUND_OP_H_
#define CASTALIA_CPP_OPS_ROUND_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& round_operator();

// The nearest whole number, halves to the even one. The derivative is 0.
Value round(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ROUND_OP_H_
