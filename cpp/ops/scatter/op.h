#ifndef CASTALIA_CPP_OPS_SCATTER_OP_H_
#define CASTALIA_CPP_OPS_SCATTER_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& scatter_operator();

// out[..., c, ...] = the sum of x[..., j, ...] over all j with indices[..., j, ...] = c, in the
// order of j; 0 where there is none. x and its indices (int32 or int64) have one shape; along the
// axis the result has the given extent. An index out of range adds to nothing. The adjoint of
// gather(). (scatter_add() is for indices that are known when the graph is built.)
Value scatter(Value x, Value indices, int64_t extent, int64_t axis = -1);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SCATTER_OP_H_
