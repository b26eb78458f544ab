#ifndef CASTALIA_CPP_OPS_INVERSE_OP_H_
#define CASTALIA_CPP_OPS_INVERSE_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& inverse_operator();

// The inverse of each matrix of a (..., n, n). Every element of a singular matrix's inverse is NaN.
Value inverse(Value a);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_INVERSE_OP_H_
