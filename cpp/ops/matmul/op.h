#ifndef CASTALIA_CPP_OPS_MATMUL_OP_H_
#define CASTALIA_CPP_OPS_MATMUL_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& matmul_operator();

// The product of matrices of one type, each transposed first where asked: (m, k) times (k, n) gives
// (m, n). Axes before the last two count matrices and broadcast by NumPy's rule: (batch, heads, m,
// k) times (batch, 1, k, n) gives (batch, heads, m, n). Row i of a result depends on row i of its
// own a alone, and its bits do not depend on m.
Value matmul(Value a, Value b, bool transpose_a = false, bool transpose_b = false);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MATMUL_OP_H_
