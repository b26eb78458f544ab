#ifndef CASTALIA_CPP_OPS_SEGMENT_OUTER_OP_H_
#define CASTALIA_CPP_OPS_SEGMENT_OUTER_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& segment_outer_operator();

// The outer products of the rows of a (rows, m) and b (rows, n), summed over the rows of each
// segment: (segments, m, n). ids (rows) are int32 or int64; rows whose number is out of range count
// nowhere. The gradient of segment_matmul() with respect to its matrices.
Value segment_outer(Value a, Value b, Value ids, int64_t segments);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SEGMENT_OUTER_OP_H_
