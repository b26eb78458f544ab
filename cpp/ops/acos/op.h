#ifndef CASTALIA_CPP_OPS_ACOS_OP_H_
#define CASTALIA_CPP_OPS_ACOS_OP_H_

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

const Operator& acos_operator();

// The angle in [0, pi] whose cosine is x; NaN outside [-1, 1].
Value acos(Value x);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_ACOS_OP_H_
