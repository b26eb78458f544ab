#ifndef CASTALIA_CPP_OPS_AVERAGE_POOL_TRANSPOSE_OP_H_
#define CASTALIA_CPP_OPS_AVERAGE_POOL_TRANSPOSE_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

// The gradient of average_pool, a linear map: each element of g (batch, positions..., channels)
// goes, divided, to all elements that its window sees. Attributes are those of average_pool and the
// "extents" of the result.
const Operator& average_pool_transpose_operator();

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_AVERAGE_POOL_TRANSPOSE_OP_H_
