#ifndef CASTALIA_CPP_OPS_CUMULATIVE_SUM_OP_H_
#define CASTALIA_CPP_OPS_CUMULATIVE_SUM_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& cumulative_sum_operator();

// out[..., j] = x[..., 0] + ... + x[..., j] along the last axis, or x[..., j] + ... to the end when
// reversed. Accumulates in float64 and rounds each element once.
Value cumulative_sum(Value x, bool reverse = false);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CUMULATIVE_SUM_OP_H_
