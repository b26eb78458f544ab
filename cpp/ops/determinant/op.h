#ifndef CASTALIA_CPP_OPS_DETERMINANT_OP_H_
#define CASTALIA_CPP_OPS_DETERMINANT_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& determinant_operator();

// The determinant of each matrix of a (..., n, n): (...). 0 for a singular matrix, whose gradient
// is NaN.
Value determinant(Value a);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_DETERMINANT_OP_H_
