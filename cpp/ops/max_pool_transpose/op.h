#ifndef CASTALIA_CPP_OPS_MAX_POOL_TRANSPOSE_OP_H_
#define CASTALIA_CPP_OPS_MAX_POOL_TRANSPOSE_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

// The gradient of pool_by_max for its values, a linear map: each element of g (batch, positions...,
// channels) is added to the place in its window at which the images (batch, spatial..., channels)
// are largest. Attributes are those of max_pool.
const Operator& max_pool_transpose_operator();

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MAX_POOL_TRANSPOSE_OP_H_
