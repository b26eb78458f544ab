#ifndef CASTALIA_CPP_OPS_SUBTRACT_OP_H_
#define CASTALIA_CPP_OPS_SUBTRACT_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& subtract_operator();

// a - b. Operands have one type and broadcast by NumPy's rule.
Value subtract(Value a, Value b);

Value operator-(Value a, Value b);
// The number becomes a constant of the Value's type.
Value operator-(Value a, double b);
Value operator-(double a, Value b);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SUBTRACT_OP_H_
