#ifndef CASTALIA_CPP_OPS_NOT_EQUAL_OP_H_
#define CASTALIA_CPP_OPS_NOT_EQUAL_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& not_equal_operator();

// 1 where a and b differ, else 0; NaN differs from everything. They broadcast.
Value not_equal(Value a, Value b);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_NOT_EQUAL_OP_H_
