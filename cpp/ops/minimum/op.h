#ifndef CASTALIA_CPP_OPS_MINIMUM_OP_H_
#define CASTALIA_CPP_OPS_MINIMUM_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& minimum_operator();

// The smaller of both; NaN where either is. Operands have one type and broadcast by NumPy's rule.
// Where both are equal the gradient flows to a.
Value minimum(Value a, Value b);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MINIMUM_OP_H_
