#ifndef CASTALIA_CPP_OPS_LESS_OP_H_
#define CASTALIA_CPP_OPS_LESS_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& less_operator();

// 1 where a < b, else 0, in the type of the operands. Operands have one type and broadcast by
// NumPy's rule. The derivative is 0.
Value less(Value a, Value b);
// less(b, a).
Value greater(Value a, Value b);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LESS_OP_H_
