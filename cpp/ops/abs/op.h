#ifndef CASTALIA_CPP_OPS_ABS_OP_H_
#define CASTALIA_CPP_OPS_ABS_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& abs_operator();

// |x|. The derivative at 0 is 0.
Value abs(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ABS_OP_H_
