#ifndef CASTALIA_CPP_OPS_LOG_OP_H_
#define CASTALIA_CPP_OPS_LOG_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& log_operator();

// The natural logarithm: -inf at 0, NaN below.
Value log(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LOG_OP_H_
