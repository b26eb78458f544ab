#ifndef CASTALIA_CPP_OPS_CHOLESKY_OP_H_
#define CASTALIA_CPP_OPS_CHOLESKY_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& cholesky_operator();

// The lower triangular L with L L^T = A for each symmetric A whose lower triangle is that of a
// (..., n, n); the upper triangle of a is not read. Every element of L is NaN where A is not
// positive definite.
Value cholesky(Value a);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CHOLESKY_OP_H_
