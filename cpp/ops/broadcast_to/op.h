#ifndef CASTALIA_CPP_OPS_BROADCAST_TO_OP_H_
#define CASTALIA_CPP_OPS_BROADCAST_TO_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& broadcast_to_operator();

// Repeats x along new leading axes and along its axes of extent 1, by NumPy's rule.
Value broadcast_to(Value x, const Shape& shape);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_BROADCAST_TO_OP_H_
