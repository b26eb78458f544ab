#ifndef CASTALIA_CPP_OPS_SEGMENT_SUM_OP_H_
#define CASTALIA_CPP_OPS_SEGMENT_SUM_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& segment_sum_operator();

// The sum over the rows of each segment, in their order and in float64: of x (ids' shape..., ...)
// and ids, int32 or int64, those with ids = s go to row s of the result (segments, ...). A segment
// without rows is 0; a number out of range adds to nothing. The adjoint of embedding().
Value segment_sum(Value x, Value ids, int64_t segments);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SEGMENT_SUM_OP_H_
