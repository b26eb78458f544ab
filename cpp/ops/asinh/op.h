#ifndef CASTALIA_CPP_OPS_ASINH_OP_H_
#define CASTALIA_CPP_OPS_ASINH_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& asinh_operator();

// Inverse hyperbolic sine: the pseudorapidity is asinh(pz / pt).
Value asinh(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ASINH_OP_H_
