#ifndef CASTALIA_CPP_OPS_LOG1P_OP_H_
#define CASTALIA_CPP_OPS_LOG1P_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& log1p_operator();

// log(1 + x), exact to rounding near 0.
Value log1p(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LOG1P_OP_H_
