#ifndef CASTALIA_CPP_OPS_MATMUL_OP_H_
#define CASTALIA_CPP_OPS_MATMUL_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& matmul_operator();

// The product of two matrices (rank 2) of one type, each transposed first where asked:
// (m, k) times (k, n) gives (m, n). Row i of the result depends on row i of a alone, and its bits
// do not depend on m.
Value matmul(Value a, Value b, bool transpose_a = false, bool transpose_b = false);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MATMUL_OP_H_
