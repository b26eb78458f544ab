#ifndef CASTALIA_CPP_OPS_GATHER_OP_H_
#define CASTALIA_CPP_OPS_GATHER_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& gather_operator();

// out[..., j, ...] = x[..., indices[..., j, ...], ...]: along an axis, by indices (int32 or int64)
// of the shape of the result, which is that of x but for the axis. 0 where an index is out of
// range: -1 marks what is not there. (take() is for indices that are known when the graph is
// built.)
Value gather(Value x, Value indices, int64_t axis = -1);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_GATHER_OP_H_
