#ifndef CASTALIA_CPP_OPS_ATANH_OP_H_
#define CASTALIA_CPP_OPS_ATANH_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& atanh_operator();

// Inverse hyperbolic tangent; infinite at -1 and 1, NaN beyond.
Value atanh(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ATANH_OP_H_
