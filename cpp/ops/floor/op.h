#ifndef CASTALIA_CPP_OPS_FLOOR_OP_H_
#define CASTALIA_CPP_OPS_FLOOR_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& floor_operator();

// The largest whole number that is not above x. The derivative is 0.
Value floor(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_FLOOR_OP_H_
