#ifndef CASTALIA_CPP_OPS_SEGMENT_MEAN_OP_H_
#define CASTALIA_CPP_OPS_SEGMENT_MEAN_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& segment_mean_operator();

// The mean over the rows of each segment, which are given as for segment_sum(). A segment without
// rows is 0.
Value segment_mean(Value x, Value ids, int64_t segments);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SEGMENT_MEAN_OP_H_
