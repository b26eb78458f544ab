#ifndef CASTALIA_CPP_OPS_ONE_HOT_OP_H_
#define CASTALIA_CPP_OPS_ONE_HOT_OP_H_

#include <cstdint>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& one_hot_operator();

// 1 in the column that an index names and 0 in the others: (...) to (..., classes). Indices are
// int32 or int64; one out of range has no 1.
Value one_hot(Value indices, int64_t classes, DType dtype);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ONE_HOT_OP_H_
