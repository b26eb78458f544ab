#ifndef CASTALIA_CPP_OPS_MAXIMUM_OP_H_
#define CASTALIA_CPP_OPS_MAXIMUM_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& maximum_operator();

// The larger of both; NaN where either is. Operands have one type and broadcast by NumPy's rule.
// Where both are equal the gradient flows to a.
Value maximum(Value a, Value b);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MAXIMUM_OP_H_
