#ifndef CASTALIA_CPP_OPS_ERFC_OP_H_
#define CASTALIA_CPP_OPS_ERFC_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& erfc_operator();

// 1 - erf(x), which keeps its digits where it is small.
Value erfc(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ERFC_OP_H_
