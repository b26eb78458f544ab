#ifndef CASTALIA_CPP_OPS_SOLVE_OP_H_
#define CASTALIA_CPP_OPS_SOLVE_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& solve_operator();

// The x of a x = b for matrices a (..., n, n) and right sides b (..., n, columns) with the same
// leading axes. NaN where a is singular.
Value solve(Value a, Value b);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SOLVE_OP_H_
