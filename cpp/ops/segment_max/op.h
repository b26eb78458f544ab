#ifndef CASTALIA_CPP_OPS_SEGMENT_MAX_OP_H_
#define CASTALIA_CPP_OPS_SEGMENT_MAX_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& segment_max_operator();

// The largest element over the rows of each segment, which are given as for segment_sum(), column
// by column; NaN where one is NaN. A segment without rows is 0. Equal largest elements share the
// gradient.
Value segment_max(Value x, Value ids, int64_t segments);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SEGMENT_MAX_OP_H_
