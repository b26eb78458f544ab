#ifndef CASTALIA_CPP_OPS_SCATTER_ADD_OP_H_
#define CASTALIA_CPP_OPS_SCATTER_ADD_OP_H_

#include <cstdint>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& scatter_add_operator();

// out[..., c, ...] = the sum of x[..., j, ...] over all j with indices[j] = c, in the order of j; 0
// where there is none. The axis of the result has the given extent. The adjoint of take().
Value scatter_add(Value x, const std::vector<int64_t>& indices, int64_t extent, int64_t axis = -1);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SCATTER_ADD_OP_H_
